package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"regexp"
)

// ending is what jsii says when its process has ended before it looked. It is
// harmless and comes after the last template was written.
var ending = regexp.MustCompile(`Runtime process exited abnormally: wait\w*: no child processes`)

// withoutNoise runs f while what f writes to os.Stderr goes to talk without
// jsii's ending. It waits until everything is written. os.Stderr leads nowhere
// afterwards: jsii looks at its process's end in its own time, often after f.
func withoutNoise(talk io.Writer, f func() error) error {
	read, write, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("cannot open a pipe: %w", err)
	}
	os.Stderr = write
	done := make(chan struct{})
	go func() {
		defer close(done)
		copyLines(talk, read)
	}()
	err = f()
	closed := write.Close()
	<-done
	if err == nil {
		err = closed
	}
	return err
}

func copyLines(to io.Writer, from io.Reader) {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		if line = ending.ReplaceAllString(line, ""); line != "" && line != "\n" {
			_, _ = io.WriteString(to, line)
		}
		if err != nil {
			return
		}
	}
}
