using System.Reflection;
using Culvert.CapnProto.Tests.Tool;
using Culvert.Transports.Schema;

namespace Culvert.Transports.Tests.Schema;

/// <summary>Every id and size in our views against what the schema's compiler computes.</summary>
public class SchemaIdTests
{
    private static readonly Type[] Types =
        [.. typeof(TunnelRpcSchema).Assembly.GetTypes().Where(t => t.Namespace == typeof(TunnelRpcSchema).Namespace)];

    [ToolFact]
    public async Task Every_id_exists_under_its_name()
    {
        var names = (await SchemaNodes.NamesAsync("tunnelrpc.capnp")).Concat(await SchemaNodes.NamesAsync("connect.capnp"))
            .ToDictionary();
        var checkedIds = 0;
        foreach (var field in Types.SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public)))
        {
            if (field.IsLiteral && field.GetRawConstantValue() is ulong id)
            {
                Assert.True(names.TryGetValue(id, out var name), $"{field.DeclaringType!.Name}.{field.Name} is in no schema");
                AssertNamedAlike(field, name);
                checkedIds++;
            }
        }

        Assert.Equal(38, checkedIds);
    }

    [ToolFact]
    public async Task Every_struct_has_the_schemas_size()
    {
        var structs = (await SchemaNodes.StructsAsync("tunnelrpc.capnp")).Concat(await SchemaNodes.StructsAsync("connect.capnp"))
            .ToDictionary();
        var views = Types.Where(t => t.GetField("TypeId") is not null).ToList();
        Assert.Equal(19, views.Count);
        foreach (var view in views)
        {
            var id = (ulong)view.GetField("TypeId")!.GetRawConstantValue()!;
            Assert.Equal(structs[id].Size, view.GetField("Size")!.GetValue(null));
        }
    }

    private static void AssertNamedAlike(FieldInfo field, string name)
    {
        // The compiler calls implicit structs method$Params and method$Results.
        var plain = name.Replace("$", "", StringComparison.Ordinal);
        var owner = field.DeclaringType!.Name;
        var expected = field.Name switch
        {
            "TypeId" => owner,
            "FileId" => plain,
            "Id" => owner.Replace("Interface", "", StringComparison.Ordinal),
            "ParamsTypeId" => owner + "Params",
            "ResultsTypeId" => owner.Replace("Params", "", StringComparison.Ordinal) + "Results",
            _ => field.Name.EndsWith("Id", StringComparison.Ordinal) ? field.Name[..^2] : field.Name,
        };
        Assert.Equal(expected, plain[(plain.LastIndexOf('.') + 1)..], ignoreCase: true);
    }
}
