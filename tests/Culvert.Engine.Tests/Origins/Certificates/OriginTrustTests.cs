using System.Security.Cryptography.X509Certificates;
using Culvert.Engine.Origins.Certificates;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Tls;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Tests.Origins.Certificates;

public sealed class OriginTrustTests : IDisposable, ILogger
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("culvert");
    private readonly TestCertificate _first = new("first.example");
    private readonly TestCertificate _second = new("second.example");
    private readonly FakeTime _time = new();
    private readonly List<string> _log = [];

    [Fact]
    public void Certificates_are_those_of_the_file_as_it_is_now()
    {
        var path = _first.WritePem(_folder.FullName);
        var trust = OriginTrust.Load(path, this, _time);
        Assert.True(Trusts(trust, _first) && !Trusts(trust, _second));

        Change(path, _second.Certificate.ExportCertificatePem());
        Assert.True(Trusts(trust, _first));
        _time.Advance(FollowedFile.Interval);
        Assert.True(Trusts(trust, _second) && !Trusts(trust, _first));
        Assert.Empty(_log);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN CERTIFICATE-----\nhalf")]
    [InlineData(null)]
    public void Bad_file_leaves_the_old_certificates_and_is_told_once(string? text)
    {
        var path = _first.WritePem(_folder.FullName);
        var trust = OriginTrust.Load(path, this, _time);
        if (text is null)
        {
            File.Delete(path);
        }
        else
        {
            Change(path, text);
        }

        for (var i = 0; i < 3; i++)
        {
            _time.Advance(FollowedFile.Interval);
            Assert.True(Trusts(trust, _first));
        }

        Assert.Contains(path, Assert.Single(_log), StringComparison.Ordinal);
        Change(path, _second.Certificate.ExportCertificatePem());
        _time.Advance(FollowedFile.Interval);
        Assert.True(Trusts(trust, _second));
    }

    [Fact]
    public void File_without_a_certificate_counts_as_absent_at_the_start()
    {
        var path = Path.Combine(_folder.FullName, "empty.pem");
        File.WriteAllText(path, "nothing");
        var trust = OriginTrust.Load(path, this, _time);

        Assert.False(Trusts(trust, _first));
        Assert.Equal(["could not append the provided origin CA to the cloudflared certificate pool"], _log);
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _folder.Delete(recursive: true);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _log.Add(formatter(state, exception));

    // Replaced by renaming, as tools do it; the time differs even on a file system with coarse ones.
    private static void Change(string path, string text)
    {
        File.WriteAllText(path + ".new", text);
        File.SetLastWriteTimeUtc(path + ".new", DateTime.UtcNow.AddSeconds(text.Length + 10));
        File.Move(path + ".new", path, overwrite: true);
    }

    private static bool Trusts(OriginTrust trust, TestCertificate certificate)
    {
        using var chain = new X509Chain { ChainPolicy = trust.CreateChainPolicy() };
        return chain.Build(certificate.Certificate);
    }
}
