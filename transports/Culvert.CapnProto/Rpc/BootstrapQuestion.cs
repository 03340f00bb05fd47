using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc;

/// <summary>A Bootstrap: nobody awaits it, its outcome is where later calls go.</summary>
internal sealed class BootstrapQuestion(RemoteCapability capability) : Question
{
    public RemoteCapability Capability => capability;

    // The connection has settled the capability under its lock, so that no call could miss it.
    public override void Complete(PointerReader content)
    {
    }

    public override void Fail(Exception failure)
    {
    }
}
