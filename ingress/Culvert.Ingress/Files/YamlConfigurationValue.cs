using System.Globalization;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Values;

namespace Culvert.Ingress.Files;

/// <summary>
/// A value of a YAML configuration. What is of another kind, and keys that nobody knows, are noted in the findings.
/// </summary>
internal sealed class YamlConfigurationValue(YamlNode node, YamlFindings findings) : ConfigurationValue
{
    public override (int Line, int Column)? Place => (node.Line, node.Column);

    private bool IsNull => node is YamlNode.Scalar { Kind: YamlScalarKind.Null };

    // Any scalar will do as a text.
    public override string? AsString() =>
        IsNull ? null : node is YamlNode.Scalar scalar ? scalar.Text : WrongKind<string>("string");

    public override bool? AsBoolean() =>
        IsNull ? null
        : node is YamlNode.Scalar { IsPlain: true } scalar && YamlScalars.ReadBoolean(scalar.Text) is { } value
        ? value : WrongKind<bool?>("bool");

    public override decimal? AsInteger(string type, decimal least, decimal most) =>
        IsNull ? null
        : node is YamlNode.Scalar { Kind: YamlScalarKind.Integer } scalar && YamlScalars.ReadInteger(scalar.Text) is { } value
            && value >= least && value <= most
        ? value : WrongKind<decimal?>(type);

    public override TimeSpan? AsDuration() =>
        IsNull ? null
        : node is YamlNode.Scalar { Kind: YamlScalarKind.String } scalar && GoDuration.TryParse(scalar.Text, out var value)
        ? value : WrongKind<TimeSpan?>("time.Duration");

    public override IReadOnlyList<ConfigurationValue>? AsList(string type) =>
        IsNull ? null
        : node is YamlNode.Sequence sequence ? [.. sequence.Items.Select(item => new YamlConfigurationValue(item, findings))]
        : WrongKind<IReadOnlyList<ConfigurationValue>>(type);

    public override IReadOnlyList<(string Key, ConfigurationValue Value)>? AsObject(ConfigurationObject type)
    {
        if (IsNull)
        {
            return null;
        }

        if (node is not YamlNode.Mapping mapping)
        {
            return WrongKind<IReadOnlyList<(string, ConfigurationValue)>>(type.TypeName);
        }

        var members = new List<(string Key, ConfigurationValue Value)>(mapping.Members.Count);
        foreach (var (key, value) in mapping.Members)
        {
            if (type.Keys.Contains(key.Text, StringComparer.Ordinal))
            {
                members.Add((key.Text, new YamlConfigurationValue(value, findings)));
            }
            else
            {
                findings.AddUnknown(key, type);
            }
        }

        return members;
    }

    private T? WrongKind<T>(string type)
    {
        var kind = node switch
        {
            YamlNode.Sequence => "!!seq",
            YamlNode.Mapping => "!!map",
            YamlNode.Scalar scalar =>
                $"{TagOf(scalar.Kind)} `{(scalar.Text.Length > 10 ? scalar.Text[..7] + "..." : scalar.Text)}`",
            _ => "",
        };
        findings.AddError(node, string.Create(CultureInfo.InvariantCulture, $"cannot unmarshal {kind} into {type}"));
        return default;
    }

    private static string TagOf(YamlScalarKind kind) => kind switch
    {
        YamlScalarKind.Null => "!!null",
        YamlScalarKind.Boolean => "!!bool",
        YamlScalarKind.Integer => "!!int",
        YamlScalarKind.Float => "!!float",
        _ => "!!str",
    };
}
