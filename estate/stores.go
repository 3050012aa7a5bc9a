package estate

// store is a part of the Data tier that services can need.
type store struct {
	port int
	// there says whether the estate has it, add what to write if it has not.
	there func(*Estate) bool
	add   string
}

// dataStores returns the parts of the Data tier, by name.
func dataStores() map[string]store {
	return map[string]store{
		PartDatabase: {PortDatabase, func(e *Estate) bool { return e.Workload.Database != nil }, "database: {engine: aurora-postgresql}"},
		PartCache:    {PortCache, func(e *Estate) bool { return e.Workload.Cache != nil }, "cache: {engine: redis}"},
	}
}
