using System.Runtime.CompilerServices;

// Every native call here takes blittable arguments only, so no stub is ever generated at run time (Native AOT).
[assembly: DisableRuntimeMarshalling]
