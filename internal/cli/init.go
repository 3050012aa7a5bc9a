package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/suretyhq/surety/estate"
)

// schemaFile is the JSON Schema that the estate file's first line names, for
// editors.
const schemaFile = "estate.schema.json"

func newInit(env Env) *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write an estate file to start from",
		Long: `Writes estate.yaml, a commented estate to start from, and estate.schema.json, by
which an editor completes and checks it. What exists is never overwritten.`,
		Example: `  surety init
  surety init platform`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return initEstate(env, dir)
		},
	}
}

func initEstate(env Env, dir string) error {
	schema, err := estate.Schema()
	if err != nil {
		return fmt.Errorf("make the schema: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	file := filepath.Join(dir, defaultEstate)
	if err := writeNew(file, estate.Starter()); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s exists already and is left as it is; remove it first, or name another folder: surety init DIR", file)
		}
		return fmt.Errorf("write the estate file: %w", err)
	}
	fmt.Fprintln(env.Stdout, file)
	schemaPath := filepath.Join(dir, schemaFile)
	switch err := writeNew(schemaPath, schema); {
	case errors.Is(err, fs.ErrExist):
		fmt.Fprintf(env.Stderr, "%s exists already and is left as it is\n", schemaPath)
	case err != nil:
		return fmt.Errorf("write the schema: %w", err)
	default:
		fmt.Fprintln(env.Stdout, schemaPath)
	}
	where := ""
	if dir != "." {
		where = " -f " + file
	}
	fmt.Fprintf(env.Stderr, "Put your accounts into %s, then: surety validate%s, surety prove%s\n", file, where, where)
	return nil
}
