using System.Text;
using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Tests.Tool;

/// <summary>
/// What the tool's compiler says about a schema: a CodeGeneratorRequest, which is a large real message to read as well.
/// </summary>
internal static class SchemaNodes
{
    /// <summary>Structs by id: name without the file, and size.</summary>
    public static async Task<Dictionary<ulong, (string Name, StructSize Size)>> StructsAsync(string schema)
    {
        var structs = new Dictionary<ulong, (string, StructSize)>();
        foreach (var (id, name, kind, node) in await AllAsync(schema))
        {
            if (kind == 1)
            {
                structs[id] = (name, new StructSize(node.GetUInt16(14), node.GetUInt16(24)));
            }
        }

        return structs;
    }

    /// <summary>All ids with their names, of files, structs, enums and interfaces.</summary>
    public static async Task<Dictionary<ulong, string>> NamesAsync(string schema) =>
        (await AllAsync(schema)).ToDictionary(n => n.Id, n => n.Name);

    private static async Task<List<(ulong Id, string Name, int Kind, StructReader Node)>> AllAsync(string schema)
    {
        var message = new MessageReader();
        message.Open(await CapnpTool.CompileAsync(schema));
        var nodes = message.Root.AsStruct().GetList(0);
        var all = new List<(ulong, string, int, StructReader)>();
        for (var i = 0; i < nodes.Count; i++)
        {
            var node = nodes.GetStruct(i);
            var name = Encoding.UTF8.GetString(node.GetText(0))[(int)node.GetUInt32(8)..];
            all.Add((node.GetUInt64(0), name, node.GetUInt16(12), node));
        }

        return all;
    }
}
