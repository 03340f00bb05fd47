namespace Culvert.Ingress.Configuration;

/// <summary>
/// A value of a YAML or JSON configuration, read as the kind that its place asks for. Null, a missing value and a value of
/// another
/// kind read as null; the other kind is reported, by an exception or a list, as the format has it.
/// </summary>
internal abstract class ConfigurationValue
{
    /// <summary>Line and column, from 1, where the value begins; null when the format does not keep them.</summary>
    public virtual (int Line, int Column)? Place => null;

    public abstract string? AsString();

    public abstract bool? AsBoolean();

    /// <summary>An integer of Go's type <paramref name="type"/>, which has these bounds.</summary>
    public abstract decimal? AsInteger(string type, decimal least, decimal most);

    public abstract TimeSpan? AsDuration();

    /// <summary>A list; null when there is none.</summary>
    public abstract IReadOnlyList<ConfigurationValue>? AsList(string type);

    /// <summary>
    /// The members of an object whose keys are known, under the names of <paramref name="type"/>; null when there is no
    /// object.
    /// </summary>
    public abstract IReadOnlyList<(string Key, ConfigurationValue Value)>? AsObject(ConfigurationObject type);

    public int? AsInt32() => (int?)AsInteger("int", int.MinValue, int.MaxValue);
}
