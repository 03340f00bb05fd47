System.Console.WriteLine("culvert");
