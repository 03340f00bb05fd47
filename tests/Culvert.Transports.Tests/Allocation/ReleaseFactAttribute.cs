using System.Diagnostics;
using System.Reflection;
using Culvert.Transports.DataStreams;

namespace Culvert.Transports.Tests.Allocation;

/// <summary>A test of optimised code: unoptimised, every async method allocates its state even when that is pooled.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ReleaseFactAttribute : FactAttribute
{
    public ReleaseFactAttribute()
    {
        if (typeof(ConnectRequestReader).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled == true)
        {
            Skip = "the library was built without optimisation (use -c Release)";
        }
    }
}
