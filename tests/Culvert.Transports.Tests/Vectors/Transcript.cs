using System.Text.Json;

namespace Culvert.Transports.Tests.Vectors;

/// <summary>One RPC exchange in one of its two forms.</summary>
internal sealed class Transcript
{
    private Transcript(JsonElement vector, JsonElement form, bool isPipelined)
    {
        IsPipelined = isPipelined;
        Client = form.Hex("clientHex");
        Server = form.Hex("serverHex");
        Decoded = vector.TryGetProperty("decoded", out var decoded) ? decoded : default;
        ServerMessages = [.. form.GetProperty("messages").EnumerateArray()
            .Where(m => m.Text("from") == "server").Select(m => m.Hex("hex"))];
        Signature = vector.TryGetProperty("signature", out _) ? vector.Hex("signature") : [];
    }

    /// <summary>
    /// Whether the first call goes to the promised answer of the bootstrap, and not to the imported capability.
    /// </summary>
    public bool IsPipelined { get; }

    public byte[] Client { get; }

    public byte[] Server { get; }

    public byte[] Signature { get; }

    public byte[][] ServerMessages { get; }

    public JsonElement Decoded { get; }

    public static Transcript Load(string file, string name, bool pipelined)
    {
        var vector = VectorFile.Find(file, name);
        return new Transcript(vector, pipelined ? vector : vector.GetProperty("variants")[0], pipelined);
    }

    /// <summary>Every exchange of a file in both forms.</summary>
    public static TheoryData<string, bool> All(string file)
    {
        var data = new TheoryData<string, bool>();
        foreach (var vector in VectorFile.Load(file).Where(v => v.TryGetProperty("decoded", out _)))
        {
            data.Add(vector.Text("name"), true);
            if (vector.TryGetProperty("variants", out _))
            {
                data.Add(vector.Text("name"), false);
            }
        }

        return data;
    }
}
