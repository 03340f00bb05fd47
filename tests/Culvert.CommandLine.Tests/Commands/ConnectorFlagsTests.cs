using System.CommandLine;
using System.Net;
using Culvert.CommandLine.Commands;
using Culvert.Connector;
using Culvert.Connector.RemoteFeatures;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.CommandLine.Tests.Commands;

public sealed class ConnectorFlagsTests
{
    // The hosted edge's record is asked for where the user left the transport to the connector, and at no edge of one's own.
    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false, "--protocol", "quic")]
    [InlineData(true, false, "--protocol", "http2")]
    [InlineData(true, false, "--post-quantum")]
    public void S4_1_RecordIsAskedForAtTheHostedEdgeWhereTheUserChoseNoTransport(bool hosted, bool asked, params string[] flags)
    {
        var connector = new ConnectorFlags(new ConfigurationFlag());
        var command = new RootCommand();
        connector.AddTo(command);
        var parsed = command.Parse([.. flags, "--edge-dns-resolver", "127.0.0.1:5353"]);
        ConnectorOptions options = connector.Options(parsed, NullLogger.Instance);
        if (hosted)
        {
            options = options with { EdgeRegions = [[new IPEndPoint(IPAddress.Loopback, 7844)]] };
        }

        var record = connector.WithProtocolRecord(options, parsed).ProtocolRecord;
        Assert.Equal(asked ? ProtocolRecord.OriginalName : null, record?.Name);
        Assert.Equal(asked ? [IPEndPoint.Parse("127.0.0.1:5353")] : null, record?.Servers);
    }
}
