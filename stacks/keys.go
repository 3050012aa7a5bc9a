package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/suretyhq/surety/patterns/encryption"
)

// keyStack makes the stack of the one key of a place. Keys are never in a stack
// with what they encrypt: one whose material is external has to be given it in
// between.
func (c *composer) keyStack(at place, layer, part string, props encryption.KeyProps) (awscdk.Stack, awskms.Key) {
	stack := c.stack(at, layer, "Encryption key: "+props.Description)
	key := c.newKey(stack, "Key", props)
	asPart(key, part)
	return stack, key
}

// newKey makes a key as the estate wants all of them: administered by whom it
// names, of the origin that it says.
func (c *composer) newKey(scope constructs.Construct, id string, props encryption.KeyProps) awskms.Key {
	props.Administrator, props.External = c.estate.Keys.Administrator, c.estate.Keys.External()
	return encryption.NewKey(scope, id, &props)
}
