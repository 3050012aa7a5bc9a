package estate

import "fmt"

// keys checks who administers the keys and makes their material.
func (v *validator) keys() {
	k := v.e.Keys
	if v.e.has("keys/administrator") && !isRoleARN(k.Administrator) {
		v.bad(CodeKeyAdministrator, "keys/administrator", fmt.Sprintf("%q is not the ARN of an IAM role", short(k.Administrator)),
			"it becomes a principal of every key's policy", "write it as arn:aws:iam::<account id>:role/<name>")
	}
	v.choice("keys/origin", string(k.Origin), string(OriginKMS), string(OriginExternal))
	if k.External() && !v.e.has("keys/administrator") {
		v.bad(CodeKeyAdministrator, "keys/origin", "the keys' material is external, but nobody administers them",
			"a key without material encrypts nothing, and whoever imports it has to rotate it too", "name the role that imports the material as keys.administrator")
	}
}
