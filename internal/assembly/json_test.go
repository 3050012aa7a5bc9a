package assembly

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/suretyhq/surety/internal/value"
)

// generated returns a template of about size bytes such as the CDK writes.
func generated(size int) string {
	var b strings.Builder
	b.WriteString(`{
 "Resources": {`)
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `
  "ServiceGroup%[1]dF00D%[1]d": {
   "Type": "AWS::EC2::SecurityGroup",
   "Properties": {
    "GroupDescription": "cover/prod/platform/Service%[1]d \"group\"",
    "SecurityGroupEgress": [
     {
      "CidrIp": "10.%[2]d.0.0/16",
      "Description": "to the endpoints",
      "FromPort": 443,
      "IpProtocol": "tcp",
      "ToPort": 443
     }
    ],
    "Tags": [
     {
      "Key": "surety:part",
      "Value": "service%[1]d"
     }
    ],
    "VpcId": {
     "Fn::GetAtt": [
      "Vpc%[1]d",
      "VpcId"
     ]
    }
   },
   "Metadata": {
    "aws:cdk:path": "cover-prod-platform/Service%[1]d/Resource"
   }
  }`, i, i%256)
	}
	b.WriteString("\n }\n}\n")
	return b.String()
}

// asAny turns a value into what json.Unmarshal gives.
func asAny(v value.Value) any {
	switch v.Kind() {
	case value.Map:
		m := map[string]any{}
		for k, item := range v.Entries() {
			m[k] = asAny(item)
		}
		return m
	case value.List:
		l := []any{}
		for _, item := range v.Items() {
			l = append(l, asAny(item))
		}
		return l
	case value.String:
		return v.Text()
	case value.Number:
		return json.Number(v.Text())
	case value.Bool:
		b, _ := v.Bool()
		return b
	}
	return nil
}

// agree fails unless we read what encoding/json reads, in the same way.
func agree(t *testing.T, src string) {
	t.Helper()
	v, _, bad := decodeJSON(src)
	decoder := json.NewDecoder(strings.NewReader(src))
	decoder.UseNumber()
	var want any
	err := decoder.Decode(&want)
	valid := err == nil && json.Valid([]byte(src))
	if valid != (bad == nil) {
		if bad != nil && bad.code == codeTooDeep {
			return
		}
		t.Fatalf("%q: we say %v, encoding/json says %v", src, bad, err)
	}
	if !valid {
		if bad.offset < 0 || bad.offset > len(src) || bad.what == "" {
			t.Fatalf("%q: fault %+v", src, bad)
		}
		return
	}
	got, e1 := json.Marshal(asAny(v))
	ref, e2 := json.Marshal(want)
	if e1 != nil || e2 != nil || string(got) != string(ref) {
		t.Fatalf("%q: we read %s, encoding/json %s (%v, %v)", src, got, ref, e1, e2)
	}
}

var jsonSeeds = []string{
	`{}`, `[]`, `""`, `null`, `true`, `false`, `0`, `-0`, `01`, `1.5e+3`, `1.`, `.5`, `-`, `+1`, `1e`, `tru`, `nul`, `{"a":1,"a":2}`,
	`{"a":[1,"b",null,{"c":{"d":[]}}]}`, ` { "a" : 1 } `, `{"a" 1}`, `{"a":1,}`, `[1,]`, `[1 2]`, `{a:1}`, `"\u00e9\n\t\\\"\/"`, `"\ud83d\ude00"`,
	`"\ud83d"`, `"\ud83d\u0041"`, `"\ude00"`, `"\x"`, `"\u12"`, "\"a\nb\"", `"a`, `"a\`, `{"a":`, `{"a`, `{`, `[`, `]`, `1 2`, "\ufeff{}", `{"k":"é😀"}`, "\"\x7f\"",
	`{"Ref":"X"}`, `[[[[[[]]]]]]`, "\v1", "",
}

func TestJSONAgreesWithTheStandardLibrary(t *testing.T) {
	for _, src := range jsonSeeds {
		agree(t, src)
	}
	agree(t, generated(20_000))
}

func FuzzLoadJSON(f *testing.F) {
	if len(jsonSeeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, src := range jsonSeeds {
		f.Add(src)
	}
	f.Add(generated(2000))
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<16 {
			t.Skip()
		}
		if utf8.ValidString(src) {
			agree(t, src)
		}
		if tmpl, problems := parseSource("f.json", src); tmpl != nil {
			_ = append(problems, tmpl.check()...)
			tmpl.children()
		}
	})
}

func TestOffsetsPointAtKeysAndItems(t *testing.T) {
	src := "{\n  \"é\": [10, {\"b\": 2}]\n}"
	tmpl, problems := parseSource("t.json", src)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for path, want := range map[string]string{"é": "t.json:2:3", "é/0": "t.json:2:9", "é/1": "t.json:2:13", "é/1/b": "t.json:2:14"} {
		if got := tmpl.Of(tmpl.Root.Path(path)).String(); got != want {
			t.Errorf("%s is at %s, want %s", path, got, want)
		}
	}
}

// BenchmarkDecode compares our decoder with a bare json.Unmarshal to any over
// the same 5 MB, and reports the ratio of the times.
func BenchmarkDecode(b *testing.B) {
	src := generated(5 << 20)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := decodeJSON(src); err != nil {
			b.Fatal(err)
		}
	}
	ours := b.Elapsed() / time.Duration(max(1, b.N))
	b.StopTimer()
	const rounds = 5
	data := []byte(src)
	start := time.Now()
	for range rounds {
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(ours)/(float64(time.Since(start))/rounds), "×unmarshal")
}
