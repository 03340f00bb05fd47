namespace Culvert.Transports.Quic.ConnectorRole;

/// <summary>A connector's connection over QUIC that tells how it is doing. Thread-safe.</summary>
public interface IQuicStatisticsSource
{
    /// <summary>Its counters and estimates; null where the library tells none.</summary>
    QuicStatistics? Statistics { get; }
}
