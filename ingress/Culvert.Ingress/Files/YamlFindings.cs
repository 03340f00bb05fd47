using System.Globalization;
using Culvert.Ingress.Configuration;

namespace Culvert.Ingress.Files;

/// <summary>What is wrong in a document that is YAML: values of the wrong kind, and keys that nobody knows.</summary>
internal sealed class YamlFindings
{
    private const int MostErrors = 100;

    private readonly List<string> _errors = [];
    private readonly List<ConfigurationWarning> _warnings = [];

    public IReadOnlyList<ConfigurationWarning> Warnings => _warnings;

    public void AddError(YamlNode node, string reason)
    {
        if (_errors.Count < MostErrors)
        {
            _errors.Add(string.Create(CultureInfo.InvariantCulture, $"  line {node.Line}: {reason} (column {node.Column})"));
        }
    }

    public void AddUnknown(YamlNode.Scalar key, ConfigurationObject type) =>
        Add(key, type.TypeName, type.Keys);

    public void AddUnknown(YamlNode.Scalar key, IEnumerable<string> known) =>
        Add(key, null, known);

    /// <exception cref="FormatException">Something is of the wrong kind.</exception>
    public void ThrowOnErrors()
    {
        if (_errors.Count > 0)
        {
            throw new FormatException("yaml: unmarshal errors:\n" + string.Join('\n', _errors));
        }
    }

    private void Add(YamlNode.Scalar key, string? type, IEnumerable<string> known)
    {
        // To look for the name that was meant takes longer than to read the key.
        if (_warnings.Count < MostErrors)
        {
            _warnings.Add(new ConfigurationWarning(key.Line, key.Column, key.Text, type, NearestName.Find(key.Text, known)));
        }
    }
}
