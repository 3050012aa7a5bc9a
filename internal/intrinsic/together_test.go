package intrinsic

import (
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/resource"
)

// chained are stacks that each import from the one before, and refer to
// something that does not exist, as all of them do.
func chained(n int) map[string]string {
	files := map[string]string{}
	for i := range n {
		var b strings.Builder
		b.WriteString("Resources:\n")
		from := "nobody"
		if i > 0 {
			from = fmt.Sprintf("!ImportValue o%d", i-1)
		}
		for j := range 200 {
			fmt.Fprintf(&b, "  Q%d: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'q-${AWS::StackName}-%d', Tags: [{Key: from, Value: %s}]}}\n", j, j, from)
		}
		fmt.Fprintf(&b, "  Bad: {Type: X::Y::Z, Properties: {V: !Ref Nothing}}\nOutputs: {O: {Value: !GetAtt Q0.Arn, Export: {Name: o%d}}}\n", i)
		files[fmt.Sprintf("s%02d.yaml", i)] = b.String()
	}
	return files
}

// TestStacksResolvedTogetherAreAsOneByOne compares one goroutine with several.
func TestStacksResolvedTogetherAreAsOneByOne(t *testing.T) {
	healthy := chained(12)
	circle := maps.Clone(healthy)
	circle["s00.yaml"] = strings.Replace(circle["s00.yaml"], "Value: !GetAtt Q0.Arn", "Value: !ImportValue o9", 1)
	circle["s09.yaml"] = strings.Replace(circle["s09.yaml"], "Value: !GetAtt Q0.Arn", "Value: !ImportValue o0", 1)
	for name, test := range map[string]struct {
		files  map[string]string
		shared bool
	}{"healthy": {healthy, true}, "circle": {circle, false}, "few": {chained(2), false}} {
		t.Run(name, func(t *testing.T) {
			asm := loadFiles(t, test.files)
			describe := func(processors int) []string {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
				if _, _, ok := newResolver(asm, Options{}, map[*assembly.Template]*contents{}).together(asm); ok != (test.shared && processors > 1) {
					t.Errorf("with %d processors, resolved together: %v", processors, ok)
				}
				all, problems := Resolve(asm, Options{Params: map[string]string{"Nobody": "x"}})
				var lines []string
				for _, r := range all {
					lines = append(lines, line(r))
				}
				for _, p := range problems {
					lines = append(lines, p.Error())
				}
				return lines
			}
			one, several := describe(1), describe(4)
			if len(one) < 400 || !reflect.DeepEqual(one, several) {
				t.Errorf("%d lines by one goroutine, %d by several, or they differ", len(one), len(several))
			}
		})
	}
}

func line(r *resource.Resource) string {
	return fmt.Sprint(r.Addr, r.Type, r.Pos, r.Props, r.Tags, r.Conditional, r.Hides)
}
