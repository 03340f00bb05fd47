// Tests measure shared things: rented blocks, allocated bytes, timers of a few hundred milliseconds.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
