namespace Culvert.CapnProto.Tests.Tool;

/// <summary>
/// A test that needs the capnp tool of Debian's package capnproto, and is reported as skipped where it is missing.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute()
    {
        if (CapnpTool.Path is null)
        {
            Skip = "the capnp tool is not installed";
        }
    }
}
