using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Xunit.Abstractions;

namespace Culvert.EndToEnd.Tests.Volume;

/// <summary>Edge node and connector as processes of their own, so that their memory is theirs alone.</summary>
[Collection(AloneCollection.Name)]
public sealed class BulkTransferTests(ITestOutputHelper output)
{
    private const long Size = 1L << 30;
    private const long WarmUpSize = 8L << 20;
    private const long MaxGrowth = 64L << 20;

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Download_of_a_gibibyte_arrives_whole_and_needs_little_memory(string transport)
    {
        await using var origin = await WebOrigin.StartAsync(ServePatternAsync);
        await using var processes = await BulkProcesses.StartAsync(transport, origin.Address);
        await DownloadAsync(processes.Visitor, WarmUpSize);
        var before = processes.ResidentBytes;

        await DownloadAsync(processes.Visitor, Size);

        processes.AssertGrewLessThan(MaxGrowth, before, output);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Upload_of_a_gibibyte_arrives_whole_and_needs_little_memory(string transport)
    {
        await using var origin = await WebOrigin.StartAsync(CheckPatternAsync);
        await using var processes = await BulkProcesses.StartAsync(transport, origin.Address);
        await UploadAsync(processes.Visitor, WarmUpSize);
        var before = processes.ResidentBytes;

        await UploadAsync(processes.Visitor, Size);

        processes.AssertGrewLessThan(MaxGrowth, before, output);
    }

    private static async Task DownloadAsync(HttpClient visitor, long size)
    {
        using var response = await visitor.GetAsync(
            string.Create(CultureInfo.InvariantCulture, $"/?size={size}"), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(size, response.Content.Headers.ContentLength);
        using var body = await response.Content.ReadAsStreamAsync();
        Assert.Equal(size, await CountPatternAsync(body));
    }

    private static async Task UploadAsync(HttpClient visitor, long size)
    {
        using var content = new PatternContent(size);
        using var response = await visitor.PostAsync("/", content);
        Assert.Equal(size.ToString(CultureInfo.InvariantCulture), await response.Content.ReadAsStringAsync());
    }

    private static async Task ServePatternAsync(HttpContext context)
    {
        var size = long.Parse(context.Request.Query["size"].ToString(), CultureInfo.InvariantCulture);
        context.Response.ContentLength = size;
        await PatternContent.WriteAsync(context.Response.Body, size);
    }

    private static async Task CheckPatternAsync(HttpContext context)
    {
        var count = await CountPatternAsync(context.Request.Body);
        await context.Response.WriteAsync(count.ToString(CultureInfo.InvariantCulture));
    }

    // Returns how many bytes were those of the pattern; stops at the first that was not.
    private static async Task<long> CountPatternAsync(Stream body)
    {
        var buffer = new byte[256 * 1024];
        var count = 0L;
        while (await body.ReadAsync(buffer) is var read and > 0 && Pattern.Matches(count, buffer.AsSpan(0, read)))
        {
            count += read;
        }

        return count;
    }

    private sealed class PatternContent : HttpContent
    {
        private const int WriteBytes = 64 * 1024;

        private readonly long _size;

        public PatternContent(long size)
        {
            _size = size;
            Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }

        public static async Task WriteAsync(Stream stream, long size)
        {
            for (var offset = 0L; offset < size;)
            {
                var run = Pattern.From(offset);
                run = run[..(int)Math.Min(Math.Min(run.Length, WriteBytes), size - offset)];
                await stream.WriteAsync(run);
                offset += run.Length;
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            WriteAsync(stream, _size);

        protected override bool TryComputeLength(out long length)
        {
            length = _size;
            return true;
        }
    }
}
