package estate

import (
	"github.com/suretyhq/surety/diag"
)

// validator checks what types cannot say. It is silent about what the decoder
// already refused.
type validator struct {
	e    *Estate
	d    *decoder
	list diag.List
}

func (v *validator) estate() {
	p := v.e.Plan()
	v.list = append(v.list, p.Problems...)
}
