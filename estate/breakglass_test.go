package estate

import (
	"slices"
	"testing"
)

func TestS27_TheGlassIsBrokenByNamedUsers(t *testing.T) {
	const two = `["arn:aws:iam::100000000001:user/one", "arn:aws:iam::100000000001:user/two"]`
	for _, c := range []badInput{
		{"one user", two, `["arn:aws:iam::100000000001:user/one"]`, []string{"ESTATE_BREAK_GLASS 18:24"}},
		{"the same twice", "user/two", "user/one", []string{"ESTATE_REPEATED 18:70"}},
		{"a role", "user/two", "role/two", []string{"ESTATE_BREAK_GLASS 18:70"}},
		{"everybody", "user/two", "user/*", []string{"ESTATE_BREAK_GLASS 18:70"}},
		{"an account", "100000000001:user/two", "100000000001:root", []string{"ESTATE_BREAK_GLASS 18:70"}},
		{"no account", "100000000001:user/two", "1000:user/two", []string{"ESTATE_BREAK_GLASS 18:70"}},
		{"a user of the environment's account", "100000000001:user/two", "100000000002:user/two", []string{"ESTATE_BREAK_GLASS 18:70"}},
		{"nobody is told", "watch@acme.example", "watch", []string{"ESTATE_BREAK_GLASS 18:116"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, list := Parse("estate.yaml", []byte(replaceOnce(t, small, c.from, c.to)))
			if got := places(list); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v\n%v", got, c.want, list)
			}
		})
	}
}
