using System.Net;
using System.Security.Cryptography;
using Culvert.Edge.Tunnels;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Edge.PrivateNetworks.Streams;

/// <summary>Opens streams to what lies behind tunnels' connectors. Thread-safe.</summary>
/// <param name="timeout">How long a connector may take to answer, its dialling included.</param>
/// <param name="time">The clock of that.</param>
internal sealed class TunnelStreams(TimeSpan timeout, TimeProvider time)
{
    private const int OpenAttempts = 3;

    /// <summary>Opens a stream to an address and port.</summary>
    /// <returns>The caller disposes it.</returns>
    /// <exception cref="TunnelStreamException">The connector cannot or will not, or there is none.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<OpenedStream> OpenAsync(Tunnel tunnel, IPEndPoint destination, CancellationToken cancellationToken)
    {
        var head = new RequestHead { Kind = StreamKind.Tcp };
        try
        {
            head.SetLine("GET", destination.ToString(), "/");
            return await OpenAsync(tunnel, head, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            head.Clear();
        }
    }

    /// <summary>Opens a WebSocket to the TCP service that a hostname's rule names.</summary>
    /// <returns>The caller disposes it.</returns>
    /// <exception cref="TunnelStreamException">The connector cannot or will not, or there is none.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<OpenedStream> OpenServiceAsync(Tunnel tunnel, string hostname, CancellationToken cancellationToken)
    {
        var head = new RequestHead { Kind = StreamKind.WebSocket };
        try
        {
            head.SetLine("GET", hostname, "/");
            head.Headers.Add("Connection", "Upgrade");
            head.Headers.Add("Upgrade", "websocket");
            head.Headers.Add("Sec-WebSocket-Version", "13");
            head.Headers.Add("Sec-WebSocket-Key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));
            var opened = await OpenAsync(tunnel, head, cancellationToken).ConfigureAwait(false);
            if (opened.Status == 101)
            {
                return opened;
            }

            await opened.DisposeAsync().ConfigureAwait(false);
            throw new TunnelStreamException($"{hostname} answered {opened.Status}: its rule is no TCP service");
        }
        finally
        {
            head.Clear();
        }
    }

    private async Task<OpenedStream> OpenAsync(Tunnel tunnel, RequestHead head, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            var connection = tunnel.Pick() ?? throw new TunnelStreamException($"tunnel {tunnel.Id} has no connector");
            try
            {
                return await OpenAsync(connection, head, either.Token).ConfigureAwait(false);
            }
            catch (ConnectorLostException) when (attempt < OpenAttempts)
            {
                // Nothing was carried yet, so another connection does as well.
            }
            catch (ConnectorLostException e)
            {
                throw new TunnelStreamException(e.Message);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TunnelStreamException("the connector did not answer in time", ResponseSource.Connector);
            }
        }
    }

    private static async Task<OpenedStream> OpenAsync(
        TunnelConnection connection, RequestHead head, CancellationToken cancellationToken)
    {
        var stream = await connection.OpenStreamAsync(head, cancellationToken).ConfigureAwait(false);
        var opened = new OpenedStream(connection, stream);
        try
        {
            var answer = await stream.ReadHeadAsync(cancellationToken).ConfigureAwait(false);
            if (answer.Source != ResponseSource.Origin)
            {
                throw new TunnelStreamException(
                    answer.Error ?? (answer.Source == ResponseSource.FlowLimited ? "too many active flows" : "not reachable"),
                    answer.Source);
            }

            opened.Status = answer.Status;
            return opened;
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
