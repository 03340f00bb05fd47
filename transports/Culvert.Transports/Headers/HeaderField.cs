using System.Text;

namespace Culvert.Transports.Headers;

/// <summary>A view of one header field inside a <see cref="HeaderList"/>; valid as long as the list is not changed.</summary>
public readonly ref struct HeaderField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
{
    /// <summary>The name with its original spelling.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>The value; any bytes.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;

    /// <summary>Whether the name equals <paramref name="name"/>, ignoring case.</summary>
    public bool Is(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(Name, name);

    /// <summary>The name as text, one character a byte.</summary>
    public string NameText => Encoding.Latin1.GetString(Name);

    /// <summary>The value as text, one character a byte, as the platform's HTTP types hold it.</summary>
    public string ValueText => Encoding.Latin1.GetString(Value);
}
