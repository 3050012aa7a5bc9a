// Package collect asks AWS what stands in an account, and writes what it says
// as a folder that package snapshot reads.
//
// It calls nothing that changes anything, reads every page, and waits when it
// is throttled. Each list is a file, written as a whole or not at all; a file
// that is there is not asked for again, so that a run that ended anywhere is
// taken up by the next. What may hold a secret is left out: user data,
// environment variables, the keys and configurations of VPN tunnels. A call
// that is refused leaves its file out, is reported, and ends nothing else.
package collect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/directconnect"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"

	"github.com/suretyhq/surety/internal/snapshot"
)

// Options say what to collect, and how. OnFile is told of every file, one at a
// time.
type Options struct {
	Config  aws.Config
	Out     string
	Regions []string // none: the configuration's
	OnFile  func(snapshot.Collected)
}

// attempts is how often a call is tried before it is given up.
const attempts = 10

// Patient is how calls are tried again: after waiting longer each time, and more
// slowly by itself while AWS throttles.
func Patient() aws.Retryer {
	return retry.NewAdaptiveMode(func(a *retry.AdaptiveModeOptions) {
		a.StandardOptions = append(a.StandardOptions, func(s *retry.StandardOptions) { s.MaxAttempts = attempts })
	})
}

// atOnce is how many lists are asked for at a time.
const atOnce = 4

// Run collects. It fails only where nothing can be collected or written.
func Run(ctx context.Context, o Options) error {
	if o.Config.Retryer == nil {
		o.Config.Retryer = Patient
	}
	regions := o.Regions
	if len(regions) == 0 && o.Config.Region != "" {
		regions = []string{o.Config.Region}
	}
	if len(regions) == 0 {
		return errors.New("no Region is named, and the AWS configuration has none\nname some: --region ap-southeast-2,ap-southeast-4")
	}
	o.Config.Region = regions[0]
	who, err := sts.NewFromConfig(o.Config).GetCallerIdentity(ctx, nil)
	if err != nil {
		return fmt.Errorf("ask AWS whose credentials these are: %w", err)
	}
	for _, region := range regions {
		cfg := o.Config.Copy()
		cfg.Region = region
		c := &collector{ctx: ctx, account: aws.ToString(who.Account), region: region, onFile: o.OnFile,
			dir: filepath.Join(o.Out, "aws_configs", "accounts", aws.ToString(who.Account), region),
			ec2: ec2.NewFromConfig(cfg), balancers: elasticloadbalancingv2.NewFromConfig(cfg), rds: rds.NewFromConfig(cfg),
			lambda: lambda.NewFromConfig(cfg), direct: directconnect.NewFromConfig(cfg)}
		if err := c.run(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// collector collects what is in one Region of an account.
type collector struct {
	ctx             context.Context
	account, region string
	dir             string
	onFile          func(snapshot.Collected)
	telling         sync.Mutex

	ec2       *ec2.Client
	balancers *elasticloadbalancingv2.Client
	rds       *rds.Client
	lambda    *lambda.Client
	direct    *directconnect.Client
}

// list is a file of a snapshot: the key at its top, and how to ask for it.
type list struct {
	key string
	ask func(*collector) (any, error)
}

func (c *collector) run() error {
	if err := os.MkdirAll(c.dir, 0o750); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	work, ctx := errgroup.WithContext(c.ctx)
	work.SetLimit(atOnce)
	for _, l := range lists() {
		work.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return c.file(l)
		})
	}
	return work.Wait()
}

// file collects one list, unless its file is there.
func (c *collector) file(l list) error {
	path := filepath.Join(c.dir, l.key+".json")
	done := snapshot.Collected{Account: c.account, Region: c.region, File: path}
	if n, ok := whole(path, l.key); ok {
		done.Items = n
		c.tell(done)
		return nil
	}
	v, err := l.ask(c)
	if err != nil {
		if c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		done.State, done.Err = snapshot.Failed, err
		c.tell(done)
		return nil
	}
	items, _ := plain(v).([]any)
	if items == nil {
		items = []any{}
	}
	if err := write(path, map[string]any{l.key: items}); err != nil {
		return err
	}
	done.State, done.Items = snapshot.Written, len(items)
	c.tell(done)
	return nil
}

func (c *collector) tell(f snapshot.Collected) {
	c.telling.Lock()
	defer c.telling.Unlock()
	if c.onFile != nil {
		c.onFile(f)
	}
}

// whole says whether a file is there and holds its list, and how long that is.
func whole(path, key string) (int, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	var held map[string][]json.RawMessage
	if json.Unmarshal(text, &held) != nil || held[key] == nil {
		return 0, false
	}
	return len(held[key]), true
}

// write writes a file as a whole.
func write(path string, v any) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".collecting-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(text.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		if gone := os.Remove(f.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
