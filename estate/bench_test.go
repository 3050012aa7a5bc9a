package estate

import (
	"os"
	"testing"
)

func BenchmarkParseExample(b *testing.B) {
	data, err := os.ReadFile("../examples/cover/estate.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, list := Parse("estate.yaml", data); len(list) > 0 {
			b.Fatal(list)
		}
	}
}
