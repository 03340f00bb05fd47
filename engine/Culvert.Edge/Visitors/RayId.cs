using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Culvert.Edge.Visitors;

/// <summary>Id of a visitor's request: 16 hexadecimal digits that nobody can guess, and the node's location.</summary>
internal readonly record struct RayId(ulong Number, string Location)
{
    /// <summary>Longest text of an id in bytes.</summary>
    public const int MaxBytes = 17 + EdgeOptions.MaxLocationLength;

    public static RayId Create(string location)
    {
        ulong number = 0;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref number)));
        return new RayId(number, location);
    }

    /// <summary>Writes the id as text.</summary>
    /// <returns>The part of <paramref name="buffer"/> that was written.</returns>
    /// <exception cref="ArgumentException">
    /// The buffer is too small for the text; <see cref="MaxBytes"/> always suffice.
    /// </exception>
    public ReadOnlySpan<byte> Write(Span<byte> buffer)
    {
        if (!Number.TryFormat(buffer, out var digits, "x16", CultureInfo.InvariantCulture)
            || buffer.Length <= digits + Location.Length)
        {
            throw new ArgumentException("The buffer is too small for the id.", nameof(buffer));
        }

        buffer[digits] = (byte)'-';
        return buffer[..(digits + 1 + Encoding.ASCII.GetBytes(Location, buffer[(digits + 1)..]))];
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number:x16}-{Location}");
}
