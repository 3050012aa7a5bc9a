package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/suretyhq/surety/examples"
)

func newDemo(env Env) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Synthesise an example estate, prove it, and say what to try next",
		Long: `Does Surety's main job on an example: an embedded-insurance company with a hub and
three environments. It writes the estate file, synthesises it with the AWS CDK, proves
it, and says what to try next. It needs Node, and no credentials; nothing is deployed.

An example that you edited is taken as it is; one that an earlier Surety wrote and
nobody edited is written anew.`,
		Example: `  surety demo
  surety demo --dir /tmp/cover`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				cache, err := os.UserCacheDir()
				if err != nil {
					return fmt.Errorf("find a folder for the example: %w; name one with --dir", err)
				}
				dir = filepath.Join(cache, "surety", "demo")
			}
			return demo(cmd.Context(), env, dir)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the `FOLDER` to work in (default: one in the user's cache)")
	return cmd
}

func demo(ctx context.Context, env Env, dir string) error {
	file := filepath.Join(dir, defaultEstate)
	if err := placeExample(env, file); err != nil {
		return err
	}
	s, err := load(ctx, env, inputs{estateFile: file, estateGiven: true})
	if err != nil {
		return err
	}
	r, err := s.prove(ctx, env, nil)
	if err != nil {
		return err
	}
	fmt.Fprintln(env.Stderr)
	if err := r.Write(env.Stdout, "text", textOptions(env, env.Stdout)); err != nil {
		return err
	}
	template := filepath.Join(outOf(file), s.estate.Name+"-prod-network.template.json")
	fmt.Fprintf(env.Stdout, `
What to try next:

  Ask for a path      %[1]s reach prod/portal prod/database --port 5432 -f %[2]s
  Ask for one that    %[1]s reach dev/api prod/database --port 5432 -f %[2]s
  must not be
  Break something     sed -i 's/"FromPort": 5432/"FromPort": 22/' %[3]s
                      %[1]s prove -f %[2]s
  Put it back         %[1]s synth --force -f %[2]s
  Start your own      %[1]s init my-estate
`, env.Program, file, template)
	return verdict(r, false)
}

// exampleMark is the file beside the example that holds the digest of what was
// written, so that a newer Surety knows its own example from one that was
// edited.
const exampleMark = ".example.sha256"

// placeExample makes the example's estate file be there: written where there is
// none, written anew where it is as an earlier Surety wrote it, and left alone
// where it was edited.
func placeExample(env Env, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("make the example's folder: %w", err)
	}
	mark := filepath.Join(filepath.Dir(file), exampleMark)
	have, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("read the example: %w", err)
	case bytes.Equal(have, examples.Cover()):
		return nil
	default:
		written, err := os.ReadFile(mark)
		if err != nil || string(written) != digest(have) {
			fmt.Fprintf(env.Stderr, "%s is no longer the example as it came, and is taken as it is; remove it to begin anew\n", file)
			return nil
		}
		fmt.Fprintf(env.Stderr, "%s was the example of an earlier Surety, and is written anew\n", file)
	}
	write := func(path string, data []byte) error {
		return writeFile(path, func(w io.Writer) error { _, err := w.Write(data); return err })
	}
	if err := write(file, examples.Cover()); err != nil {
		return err
	}
	return write(mark, []byte(digest(examples.Cover())))
}

// digest is how a file is known again.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]) + "\n"
}
