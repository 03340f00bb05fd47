using Culvert.Ingress.Services;

namespace Culvert.Ingress.Snapshots;

/// <summary>One ingress rule: what answers the requests it matches.</summary>
/// <param name="Service">The origin.</param>
public sealed record IngressRule(OriginService Service);
