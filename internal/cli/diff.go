package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/suretyhq/surety/internal/claims"
	"github.com/suretyhq/surety/internal/diff"
	"github.com/suretyhq/surety/internal/proof"
)

func newDiff(env Env) *cobra.Command {
	var in inputs
	var format, out string
	var allowUnknown bool
	cmd := &cobra.Command{
		Use:   "diff OLD [NEW]",
		Short: "Say what a change means before it is deployed",
		Long: `Says what the change from OLD to NEW means: which claims come to something else,
who can reach whom that could not, or no longer can, which parts stand in fewer
Availability Zones, what CloudFormation replaces and removes, and which limits
are nearer. What is replaced brings with it what refers to it.

OLD and NEW are: a cloud assembly (cdk.out), a template or a folder of templates;
an estate file; or a git revision (main, HEAD~1), of the estate file that -f names.
Without NEW, the estate file as it stands. With -f, assemblies and templates are
held against the estate.

Where something that holds data is replaced or removed, the change is refused, but
for what a waiver of data-kept in the new estate accepts.

Exit codes: 0 no claim is worse and all data stay, 1 a claim is refuted or data is
at stake, 2 wrong use or bad input, 3 nothing is refuted but something is unknown
that was known (--allow-unknown makes it 0).`,
		Example: `  surety diff main                       # the estate of main and that of the working tree
  surety diff main HEAD --format markdown -o change.md
  surety diff old/cdk.out new/cdk.out    # of any CDK project
  surety diff before.yaml after.yaml     # templates, or estate files`,
		Args: args(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(diff.Formats(), format) {
				return usageError(cmd, fmt.Errorf("--format %s: want one of %s", format, strings.Join(diff.Formats(), ", ")))
			}
			in.estateGiven = cmd.Flags().Changed("file")
			c, err := compare(cmd.Context(), env, in, args)
			if err != nil {
				return err
			}
			if err := writeOutput(env.Stdout, out, func(w io.Writer) error { return c.Write(w, format) }); err != nil {
				return err
			}
			switch o := c.Outcome(); {
			case o == proof.Refuted:
				return outcome(ExitRefuted)
			case o == proof.Unknown && !allowUnknown:
				return outcome(ExitUnknown)
			}
			return nil
		},
	}
	inputFlags(cmd, &in)
	cmd.Flags().StringVar(&format, "format", "text", "one of "+strings.Join(diff.Formats(), ", "))
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to `FILE` instead of standard output")
	cmd.Flags().BoolVar(&allowUnknown, "allow-unknown", false, "exit with 0 when nothing is refuted but something is unknown")
	return cmd
}

// compare loads and proves both sides.
func compare(ctx context.Context, env Env, in inputs, args []string) (*diff.Change, error) {
	if len(args) == 1 {
		args = append(args, in.estateFile)
	}
	if isTemplate(args[0]) && isTemplate(args[1]) {
		in.stack = "template" // the same stack, whatever the files are called
	}
	var sides []*diff.Side
	for _, arg := range args {
		s, err := side(ctx, env, in, arg)
		if err != nil {
			return nil, err
		}
		sides = append(sides, s)
	}
	return diff.Compare(ctx, sides[0], sides[1])
}

// side loads what a word on the command line names, and proves it.
func side(ctx context.Context, env Env, in inputs, arg string) (*diff.Side, error) {
	switch {
	case isEstate(arg):
		in.estateFile, in.estateGiven = arg, true
	case exists(arg):
		in.paths = []string{arg}
	default:
		file, err := atRevision(ctx, in.estateFile, arg)
		if err != nil {
			return nil, err
		}
		in.estateFile, in.estateGiven = file, true
	}
	s, err := load(ctx, env, in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", arg, err)
	}
	input := s.input(env)
	verdicts, err := proof.Run(ctx, input, claims.All())
	if err != nil {
		return nil, err
	}
	return &diff.Side{Name: arg, Input: input, Verdicts: verdicts}, nil
}

// isEstate says whether a file is an estate file, and no template.
func isEstate(path string) bool {
	if ext := filepath.Ext(path); ext != ".yaml" && ext != ".yml" {
		return false
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	var doc struct {
		Estate yaml.Node `yaml:"estate"`
	}
	return yaml.Unmarshal(data, &doc) == nil && !doc.Estate.IsZero()
}

// isTemplate says whether a path is a file, and no estate's.
func isTemplate(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && !isEstate(path)
}

// atRevision writes the estate file as it was in a git revision into the user's
// cache, so that it is synthesised once, and returns its path. An estate file
// refers to no other.
func atRevision(ctx context.Context, file, revision string) (string, error) {
	bad := fmt.Errorf("%s is no file, no folder, and no git revision that has %s\nname a cdk.out, a template, an estate file, or a revision", revision, file)
	git := func(args ...string) ([]byte, error) {
		return exec.CommandContext(ctx, "git", append([]string{"-C", filepath.Dir(file)}, args...)...).Output()
	}
	commit, err := git("rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return "", bad
	}
	data, err := git("show", string(bytes.TrimSpace(commit))+":./"+filepath.Base(file))
	if err != nil {
		return "", bad
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no place to synthesise %s of %s: %w", file, revision, err)
	}
	sum := sha256.Sum256(data)
	dir := filepath.Join(cache, "surety", "revisions", hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("there is no place to synthesise %s of %s: %w", file, revision, err)
	}
	old := filepath.Join(dir, defaultEstate)
	if exists(old) {
		return old, nil
	}
	return old, writeFile(old, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
