using System.Diagnostics;
using System.Text;

namespace Culvert.CapnProto.Tests.Tool;

/// <summary>Runs the capnp tool over the schemas that the build copies beside the tests.</summary>
internal static class CapnpTool
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(System.IO.Path.PathSeparator)
        .Select(folder => System.IO.Path.Combine(folder, "capnp"))
        .FirstOrDefault(File.Exists);

    /// <summary>Makes a message from the tool's text form.</summary>
    public static Task<byte[]> EncodeAsync(string schema, string type, string text) =>
        RunAsync(Encoding.UTF8.GetBytes(text), "encode", Schema(schema), type);

    /// <summary>Turns a message into the tool's text form, on one line.</summary>
    public static async Task<string> DecodeAsync(string schema, string type, ReadOnlyMemory<byte> message) =>
        Encoding.UTF8.GetString(await RunAsync(message.ToArray(), "decode", "--short", Schema(schema), type)).Trim();

    /// <summary>Converts between the tool's binary formats, such as binary:packed.</summary>
    public static Task<byte[]> ConvertAsync(string formats, byte[] message) => RunAsync(message, "convert", formats);

    /// <summary>Compiles a schema to the message that code generators get.</summary>
    public static Task<byte[]> CompileAsync(string schema) => RunAsync([], "compile", "-o-", Schema(schema));

    private static string Schema(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "schema", name);

    private static async Task<byte[]> RunAsync(byte[] input, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var limit = new CancellationTokenSource(Limit);
        var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, limit.Token);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The tool ended without reading; why is among its errors.
        }

        await reading;
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, await errors);
        return output.ToArray();
    }
}
