using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Culvert.Ingress.Files;

/// <summary>
/// Builds the nodes of the first document of a text. Depth and number of nodes are bounded, what aliases repeat counts again, and
/// an alias inside its own anchor is an error. Not thread-safe; one instance reads one text.
/// </summary>
internal sealed class YamlTree
{
    /// <summary>Most levels of lists and mappings inside each other.</summary>
    public const int MaxDepth = 64;

    /// <summary>
    /// Most nodes, with those that aliases and merge keys repeat: six for each rule of the longest table, and no more than are
    /// read in a second.
    /// </summary>
    public const int MaxNodes = 600_000;

    private readonly IParser _parser;
    private readonly Dictionary<AnchorName, (YamlNode Node, int Size)> _anchors = [];
    private int _nodes;
    private int _depth;

    private YamlTree(IParser parser) => _parser = parser;

    /// <summary>Reads a text.</summary>
    /// <returns>The document's node; null when there is no document.</returns>
    /// <exception cref="YamlErrorException">Not YAML, or too much of it.</exception>
    public static YamlNode? Parse(string text)
    {
        var scanner = new Scanner(new StringReader(text), skipComments: true);
        try
        {
            var parser = new Parser(scanner);
            parser.Consume<StreamStart>();
            return parser.TryConsume<DocumentStart>(out _) ? new YamlTree(parser).Read() : null;
        }
        catch (YamlException e) when (!e.Message.Contains("tab", StringComparison.Ordinal))
        {
            throw new YamlErrorException((int)e.Start.Line, (int)e.Start.Column, Describe(e.Message));
        }
        catch (YamlException)
        {
            // The exception has the place of the mapping that the tab was meant to continue.
            throw new YamlErrorException(
                (int)scanner.CurrentPosition.Line, (int)scanner.CurrentPosition.Column,
                "found character that cannot start any token");
        }
        catch (Exception e)
            when (e is InvalidOperationException or ArgumentException or InvalidCastException or IndexOutOfRangeException)
        {
            // The reader has states that it did not foresee; a plain scalar "-" in a flow sequence leads to one.
            throw new YamlErrorException(
                (int)scanner.CurrentPosition.Line, (int)scanner.CurrentPosition.Column, "not valid YAML");
        }
    }

    private string TooMany => _anchors.Count > 0 ? "document contains excessive aliasing"
        : string.Create(CultureInfo.InvariantCulture, $"document has more than {MaxNodes} values");

    private YamlNode Read()
    {
        if (++_nodes > MaxNodes)
        {
            throw Failed(_parser.Current!, TooMany);
        }

        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            var (known, size) = _anchors.TryGetValue(alias.Value, out var found)
                ? found : throw Failed(alias, $"unknown anchor '{alias.Value}' referenced");
            _nodes += size;
            return known;
        }

        var before = _nodes;
        var next = (NodeEvent)_parser.Current!;

        // It takes twice as long to read.
        _nodes += next.Anchor.IsEmpty && next.Tag.IsEmpty ? 0 : 1;
        if (++_depth > MaxDepth)
        {
            throw Failed(next, "exceeded max depth of " + MaxDepth.ToString(CultureInfo.InvariantCulture));
        }

        YamlNode node = next switch
        {
            Scalar scalar => ReadScalar(scalar),
            SequenceStart => ReadSequence(),
            _ => ReadMapping(),
        };
        _depth--;
        if (!next.Anchor.IsEmpty)
        {
            _anchors[next.Anchor] = (node, _nodes - before);
        }

        return node;
    }

    private YamlNode.Scalar ReadScalar(Scalar scalar)
    {
        _parser.MoveNext();
        var plain = scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty;
        var kind = scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific
            ? plain ? YamlScalars.KindOf(scalar.Value) : YamlScalarKind.String
            : scalar.Tag.Value switch
            {
                "tag:yaml.org,2002:str" or "tag:yaml.org,2002:binary" => YamlScalarKind.String,
                "tag:yaml.org,2002:null" => YamlScalarKind.Null,
                _ => YamlScalars.KindOf(scalar.Value),
            };
        return new YamlNode.Scalar((int)scalar.Start.Line, (int)scalar.Start.Column, scalar.Value, kind, plain);
    }

    private YamlNode.Sequence ReadSequence()
    {
        var start = _parser.Consume<SequenceStart>();
        var items = new List<YamlNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Read());
        }

        return new YamlNode.Sequence((int)start.Start.Line, (int)start.Start.Column, items);
    }

    private YamlNode.Mapping ReadMapping()
    {
        var start = _parser.Consume<MappingStart>();
        var members = new List<(YamlNode.Scalar Key, YamlNode Value)>();
        var merged = new List<YamlNode>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var at = _parser.Current!;
            var plain = at is Scalar { Style: ScalarStyle.Plain };
            if (Read() is not YamlNode.Scalar key)
            {
                throw Failed(at, "invalid map key");
            }

            if (plain && key.Text == "<<")
            {
                merged.Add(Read());
                continue;
            }

            if (!lines.TryAdd(key.Text, key.Line))
            {
                throw new YamlErrorException(
                    key.Line, key.Column,
                    string.Create(
                        CultureInfo.InvariantCulture, $"mapping key \"{key.Text}\" already defined at line {lines[key.Text]}"),
                    IsOfDecoder: true);
            }

            members.Add((key, Read()));
        }

        foreach (var source in merged)
        {
            Merge(source, members, lines);
        }

        return new YamlNode.Mapping((int)start.Start.Line, (int)start.Start.Column, members);
    }

    // What a mapping says itself wins over what it merges, and an earlier source over a later one.
    private void Merge(YamlNode source, List<(YamlNode.Scalar Key, YamlNode Value)> members, Dictionary<string, int> known)
    {
        switch (source)
        {
            case YamlNode.Mapping mapping:
                foreach (var member in mapping.Members)
                {
                    if (++_nodes > MaxNodes)
                    {
                        throw new YamlErrorException(source.Line, source.Column, TooMany);
                    }

                    if (known.TryAdd(member.Key.Text, member.Key.Line))
                    {
                        members.Add(member);
                    }
                }

                break;
            case YamlNode.Sequence { Items: var items } when items.All(item => item is YamlNode.Mapping):
                foreach (var item in items)
                {
                    Merge(item, members, known);
                }

                break;
            default:
                throw new YamlErrorException(
                    source.Line, source.Column, "map merge requires map or sequence of maps as the value");
        }
    }

    private static YamlErrorException Failed(ParsingEvent at, string reason) =>
        new((int)at.Start.Line, (int)at.Start.Column, reason);

    // The reader's sentences become clauses.
    private static string Describe(string message) =>
        message.Length == 0 ? "not valid YAML" : char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.');
}
