using System.Text;
using Culvert.CapnProto.Messages;
using Culvert.Transports.Schema;

namespace Culvert.Transports.Configuration;

/// <summary>Parameters and results of updateConfiguration as Cap'n Proto, allocated in the reference's order.</summary>
internal static class ConfigurationCodec
{
    public static void WriteUpdate(PointerBuilder content, ConfigurationUpdate update)
    {
        var fields = new UpdateConfigurationParams.Builder(content.InitStruct(UpdateConfigurationParams.Size))
        {
            Version = update.Version,
        };
        fields.SetConfig(update.Json.Span);
    }

    public static ConfigurationUpdate ReadUpdate(PointerReader content)
    {
        var fields = new UpdateConfigurationParams(content.AsStruct());
        return new ConfigurationUpdate(fields.Version, fields.Config.ToArray());
    }

    public static void WriteResult(PointerBuilder content, ConfigurationUpdateResult result)
    {
        var fields = new UpdateConfigurationResults.Builder(content.InitStruct(UpdateConfigurationResults.Size)).InitResult();
        fields.LatestAppliedVersion = result.LatestAppliedVersion;
        fields.SetErr(result.Error ?? "");
    }

    public static ConfigurationUpdateResult ReadResult(PointerReader content)
    {
        var fields = new UpdateConfigurationResults(content.AsStruct()).Result;
        return new ConfigurationUpdateResult(
            fields.LatestAppliedVersion, fields.Err.IsEmpty ? null : Encoding.UTF8.GetString(fields.Err));
    }
}
