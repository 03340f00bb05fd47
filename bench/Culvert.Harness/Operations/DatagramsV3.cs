using Culvert.Engine.Datagrams;
using Culvert.Engine.Datagrams.V3;

namespace Culvert.Harness.Operations;

/// <summary>The head of a UDP payload of the third datagram version, written and read.</summary>
internal sealed class PayloadDatagramCoding : Operation
{
    private readonly byte[] _datagram = new byte[PayloadDatagram.HeaderLength + 1200];
    private UInt128 _id = 1;

    public override string Name => "datagram-v3/payload";

    public override void Run()
    {
        PayloadDatagram.WriteHeader(_datagram, ++_id);
        if (PayloadDatagram.Read(_datagram, out var payload) != DatagramFault.None || payload.RequestId != _id)
        {
            throw new InvalidOperationException("the payload was not read back");
        }
    }
}

/// <summary>A registration with its answer, each written and read.</summary>
internal sealed class RegistrationCoding : Operation
{
    private readonly byte[] _datagram = new byte[1500];
    private readonly byte[] _address = [192, 0, 2, 1];
    private UInt128 _id = 1;

    public override string Name => "datagram-v3/registration";

    public override void Run()
    {
        var length = new RegistrationDatagram(++_id, _address, port: 53, idleSeconds: 210).Write(_datagram);
        if (RegistrationDatagram.Read(_datagram.AsSpan(0, length), out var registration) != DatagramFault.None
            || registration.RequestId != _id)
        {
            throw new InvalidOperationException("the registration was not read back");
        }

        length = new RegistrationResponseDatagram(RegistrationOutcome.Ok, _id).Write(_datagram);
        if (RegistrationResponseDatagram.Read(_datagram.AsSpan(0, length), out var response) != DatagramFault.None
            || response.RequestId != _id)
        {
            throw new InvalidOperationException("the answer was not read back");
        }
    }
}
