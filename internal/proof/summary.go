package proof

// Summary counts verdicts by outcome, as the report's JSON has them.
type Summary struct {
	Proved        int `json:"proved"`
	Refuted       int `json:"refuted"`
	Unknown       int `json:"unknown"`
	NotApplicable int `json:"notApplicable"`
	Waived        int `json:"waived"`
}

// Summarise counts verdicts.
func Summarise(verdicts []Verdict) Summary {
	var s Summary
	for _, v := range verdicts {
		switch v.Outcome {
		case Proved:
			s.Proved++
		case Refuted:
			s.Refuted++
		case Unknown:
			s.Unknown++
		case Waived:
			s.Waived++
		default:
			s.NotApplicable++
		}
	}
	return s
}
