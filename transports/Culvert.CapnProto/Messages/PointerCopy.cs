namespace Culvert.CapnProto.Messages;

/// <summary>Copies a part of a received message into one under construction, whatever its schema.</summary>
internal static class PointerCopy
{
    /// <summary>
    /// Copies what <paramref name="source"/> points at. Shared targets are copied once for each pointer, so the destination's
    /// size limit is what bounds the work. Capability pointers keep their index.
    /// </summary>
    public static void CopyTo(this PointerReader source, PointerBuilder destination)
    {
        if (!source.TryResolve(out var pointer))
        {
            return;
        }

        switch (pointer.Word.Kind)
        {
            case PointerKind.Struct:
                CopyStruct(source.AsStruct(), destination.InitStruct(pointer.Word.Size));
                break;
            case PointerKind.List:
                CopyList(source.AsList(), destination);
                break;
            default:
                destination.SetCapability(source.AsCapability() ?? 0);
                break;
        }
    }

    private static void CopyStruct(StructReader source, StructBuilder destination)
    {
        source.Data.CopyTo(destination.Data);
        for (var i = 0; i < source.PointerCount; i++)
        {
            source.GetPointer(i).CopyTo(destination.GetPointer(i));
        }
    }

    private static void CopyList(ListReader list, PointerBuilder destination)
    {
        switch (list.ElementSize)
        {
            case ElementSize.Composite:
                var structs = destination.InitStructs(list.Count, list.StructSize);
                for (var i = 0; i < list.Count; i++)
                {
                    CopyStruct(list.GetStruct(i), structs.GetStruct(i));
                }

                break;
            case ElementSize.AnyPointer:
                var pointers = destination.InitList(list.Count, ElementSize.AnyPointer);
                for (var i = 0; i < list.Count; i++)
                {
                    list.GetPointer(i).CopyTo(pointers.GetPointer(i));
                }

                break;
            default:
                list.Elements.CopyTo(destination.InitList(list.Count, list.ElementSize).GetBytes());
                break;
        }
    }
}
