package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

An example that is there already is taken as it is, with whatever you changed in it.`,
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

// placeExample writes the example's estate file where there is none.
func placeExample(env Env, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("make the example's folder: %w", err)
	}
	err := writeNew(file, examples.Cover())
	if errors.Is(err, fs.ErrExist) {
		have, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read the example: %w", err)
		}
		if !bytes.Equal(have, examples.Cover()) {
			fmt.Fprintf(env.Stderr, "%s is no longer the example as it came, and is taken as it is; remove it to begin anew\n", file)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("write the example: %w", err)
	}
	return nil
}
