using System.Text;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Settings;

namespace Culvert.Ingress.Files;

/// <summary>A configuration file (ingress-and-config, section 5). Immutable.</summary>
public sealed class ConfigurationFile
{
    /// <summary>Largest file, in bytes.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ConfigurationFile(string path) => Path = path;

    /// <summary>Where the file is.</summary>
    public string Path { get; }

    /// <summary>Whether there is nothing in the file but comments; then it counts as missing.</summary>
    public bool IsEmpty { get; private init; }

    /// <summary>Name or UUID of the tunnel; empty when the file does not say.</summary>
    public string Tunnel { get; private init; } = "";

    /// <summary>Rules and their settings, not checked yet.</summary>
    public IngressConfiguration Ingress { get; private init; } = new();

    /// <summary>Flags that the file sets, by name; their values are not checked yet.</summary>
    public IReadOnlyDictionary<string, FileSetting> Settings { get; private init; } = new Dictionary<string, FileSetting>();

    /// <summary>Keys that nobody knows.</summary>
    public IReadOnlyList<ConfigurationWarning> Warnings { get; private init; } = [];

    /// <summary>Reads a file.</summary>
    /// <exception cref="ConfigurationFileException">The file cannot be read or is not valid.</exception>
    public static ConfigurationFile Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var buffer = new MemoryStream();
            var chunk = new byte[64 * 1024];
            for (int count; (count = file.Read(chunk)) > 0;)
            {
                // Counted while reading: a device or a pipe does not tell how much there will be.
                if (buffer.Length + count > MaxBytes)
                {
                    throw new ConfigurationFileException($"configuration file {path} is larger than {MaxBytes} bytes");
                }

                buffer.Write(chunk, 0, count);
            }

            return Parse(path, buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationFileException($"open {path}: no such file or directory", e);
        }
        catch (UnauthorizedAccessException e) when (Directory.Exists(path))
        {
            throw new ConfigurationFileException($"read {path}: is a directory", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationFileException($"open {path}: {e.Message}", e);
        }
    }

    /// <summary>Reads the content of a file.</summary>
    /// <param name="path">Where it came from, for messages.</param>
    /// <param name="content">UTF-8, with or without a byte order mark.</param>
    /// <exception cref="ConfigurationFileException">The content is not valid.</exception>
    public static ConfigurationFile Parse(string path, ReadOnlySpan<byte> content)
    {
        if (content.Length > MaxBytes)
        {
            throw new ConfigurationFileException($"configuration file {path} is larger than {MaxBytes} bytes");
        }

        try
        {
            var text = Decode(content);
            return YamlTree.Parse(text) is { } root ? Read(path, root) : new ConfigurationFile(path) { IsEmpty = true };
        }
        catch (FormatException e)
        {
            throw new ConfigurationFileException($"error parsing YAML in config file at {path}: {e.Message}", e);
        }
    }

    private static string Decode(ReadOnlySpan<byte> content)
    {
        try
        {
            return Strict.GetString(content).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            var before = content[..Math.Clamp(e.Index, 0, content.Length)];
            var column = before.Length - before.LastIndexOf((byte)'\n');
            throw new YamlErrorException(before.Count((byte)'\n') + 1, column, "invalid UTF-8");
        }
    }

    private static ConfigurationFile Read(string path, YamlNode root)
    {
        var findings = new YamlFindings();
        var tunnel = "";
        var ingress = new IngressConfiguration();
        var settings = new Dictionary<string, FileSetting>(StringComparer.Ordinal);
        foreach (var (key, node) in Members(root, findings))
        {
            var value = new YamlConfigurationValue(node, findings);
            switch (key.Text)
            {
                case "tunnel":
                    tunnel = value.AsString() ?? "";
                    break;
                case "ingress":
                    ingress = ingress with { Rules = ConfigurationReader.ReadRules(value) };
                    break;
                case "originRequest":
                    ingress = ingress with
                    {
                        OriginRequest = ConfigurationReader.ReadOriginRequest(value, ingress.OriginRequest),
                    };
                    break;
                case "warp-routing":
                    ingress = ingress with { WarpRouting = ConfigurationReader.ReadWarpRouting(value) };
                    break;
                case var name when SettingTable.Find(name) is { InFile: true }:
                    settings[name] = new FileSetting(name, node);
                    break;
                default:
                    findings.AddUnknown(key, SettingTable.FileKeys);
                    break;
            }
        }

        findings.ThrowOnErrors();
        return new ConfigurationFile(path)
        {
            Tunnel = tunnel,
            Ingress = ingress,
            Settings = settings,
            Warnings = findings.Warnings,
        };
    }

    private static IReadOnlyList<(YamlNode.Scalar Key, YamlNode Value)> Members(YamlNode root, YamlFindings findings)
    {
        if (root is YamlNode.Mapping mapping)
        {
            return mapping.Members;
        }

        if (root is not YamlNode.Scalar { Kind: YamlScalarKind.Null })
        {
            _ = new YamlConfigurationValue(root, findings).AsObject(ConfigurationObject.File);
        }

        return [];
    }
}
