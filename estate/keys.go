package estate

// Keys says who administers the KMS keys.
type Keys struct {
	// Administrator is the ARN of the IAM role (usually a third party's) that
	// administers every customer-managed key. Empty: the account's own
	// administrators do.
	Administrator string `yaml:"administrator,omitempty"`
	// Origin says who makes the keys' material: kms (AWS KMS, which makes new
	// material each year) or external (the administrator, who imports it before
	// anything is encrypted and rotates it on demand). Default kms.
	Origin KeyOrigin `yaml:"origin,omitempty"`
}

// KeyOrigin says who makes the material of keys.
type KeyOrigin string

// The origins.
const (
	OriginKMS      KeyOrigin = "kms"
	OriginExternal KeyOrigin = "external"
)

// External says whether the material of keys is imported.
func (k Keys) External() bool { return k.Origin == OriginExternal }
