using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Engine.Datagrams.V3;

namespace Culvert.Edge.Tests.PrivateNetworks;

[Trait("Category", "Unit")]
public sealed class FlowChurnTests
{
    [Fact]
    public async Task ADayOfChurnLeavesNothingBehind()
    {
        await using var lab = new FlowLab();
        var random = new Random(24);
        var connectors = new List<(FakeDatagrams Datagrams, Guid Process)>();
        var flows = new List<TunnelFlow>();
        for (var second = 0; second < 24 * 60 * 60; second++)
        {
            lab.Time.Advance(TimeSpan.FromSeconds(1));
            for (var tick = 0; tick < 10; tick++)
            {
                lab.Table.Tick();
            }

            if (random.Next(60) == 0 || connectors.Count == 0)
            {
                var process = connectors.Count > 0 && random.Next(3) > 0 ? connectors[^1].Process : Guid.NewGuid();
                connectors.Add((lab.Connect(process, (byte)random.Next(4)).Datagrams, process));
            }

            if (random.Next(90) == 0 || connectors.Count > 6)
            {
                var ended = random.Next(connectors.Count);
                connectors[ended].Datagrams.Close();
                connectors.RemoveAt(ended);
            }

            if (random.Next(4) == 0 && lab.Open() is { } opened)
            {
                flows.Add(opened);
                lab.Send(opened, "first"u8);
            }

            for (var i = flows.Count - 1; i >= 0; i--)
            {
                if (random.Next(40) == 0)
                {
                    flows[i].End();
                    flows.RemoveAt(i);
                }
                else if (random.Next(3) == 0)
                {
                    lab.Send(flows[i], "more"u8);
                }
            }

            connectors.ForEach(connector => Serve(connector.Datagrams, random));
        }

        for (var second = 0; second < 120; second++)
        {
            lab.Time.Advance(TimeSpan.FromSeconds(1));
            for (var tick = 0; tick < 10; tick++)
            {
                lab.Table.Tick();
            }
        }

        Assert.Equal((0, 0), (lab.Table.Count, lab.Table.Queued));
        Assert.Equal(lab.Table.Counters.Opened, lab.EndedCount);
        Assert.True(lab.Table.Counters.Opened > 10_000);
        Assert.True(lab.Table.Counters.Migrated > 100);
    }

    // Mostly as a connector should: some registrations get no answer, some a refusal, and a payload may come instead.
    private static void Serve(FakeDatagrams connector, Random random)
    {
        while (connector.Sent.TryDequeue(out var datagram))
        {
            if (RegistrationDatagram.Read(datagram, out var registration) != Engine.Datagrams.DatagramFault.None)
            {
                continue;
            }

            switch (random.Next(10))
            {
                case 0:
                    break;
                case 1:
                    connector.Answer(registration.RequestId, (RegistrationOutcome)random.Next(1, 5));
                    break;
                case 2:
                    connector.Payload(registration.RequestId, "early"u8);
                    break;
                default:
                    connector.Answer(registration.RequestId);
                    break;
            }
        }
    }
}
