// Package dashboard shows what is watched on one page, in the order in which
// people ask: is it up, is it fast, is it failing, what does it cost.
//
// A graph shows all resources of a kind together. What is shown comes from the
// catalogue of package alarms, so that whatever has alarms has its graphs too;
// the same resources give the same page, to the byte.
package dashboard

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/alarms"
	"github.com/suretyhq/surety/patterns/contributors"
)

// Props says what is shown.
type Props struct {
	// Name is the dashboard's name.
	Name string
	// Subjects are shown by the graphs of their kinds, Alarms by their state.
	Subjects []alarms.Subject
	Alarms   *alarms.Alarms
	// More are further graphs, of metrics without dimensions.
	More []alarms.Graph
	// Rankings are shown with the ten that contribute most to each.
	Rankings []contributors.Rule
}

// New makes the dashboard.
func New(scope constructs.Construct, id string, props *Props) awscloudwatch.CfnDashboard {
	stack := awscdk.Stack_Of(scope)
	p := &page{region: *stack.Region(), props: props}
	for _, row := range []string{alarms.Up, alarms.Fast, alarms.Failing, alarms.Cost} {
		p.row(row)
	}
	return awscloudwatch.NewCfnDashboard(scope, jsii.String(id), &awscloudwatch.CfnDashboardProps{DashboardName: jsii.String(props.Name),
		DashboardBody: stack.ToJsonString(map[string]any{"start": "-PT12H", "widgets": p.widgets}, nil)})
}

// A dashboard is 24 units wide ("Dashboard Body Structure and Syntax", Amazon
// CloudWatch API Reference).
const (
	width, graphWidth       = 24, 8
	titleHeight, bodyHeight = 1, 6
)

// page is a dashboard while it is laid out.
type page struct {
	region  string
	props   *Props
	widgets []any
	x, y    int
}

func (p *page) place(kind string, w, h int, properties map[string]any) {
	if p.x+w > width {
		p.x, p.y = 0, p.y+bodyHeight
	}
	p.widgets = append(p.widgets, map[string]any{"type": kind, "x": p.x, "y": p.y, "width": w, "height": h, "properties": properties})
	p.x += w
}

// row lays out one question: its title, the alarms that answer it, its graphs.
func (p *page) row(title string) {
	p.place("text", width, titleHeight, map[string]any{"markdown": "## " + title, "background": "transparent"})
	p.x, p.y = 0, p.y+titleHeight
	switch title {
	case alarms.Up:
		p.states("Down, if any of these is red", p.props.Alarms.Down)
	case alarms.Failing:
		p.states("All alarms", p.props.Alarms.All)
	case alarms.Cost:
		p.estimate()
	}
	for _, g := range p.graphs(title) {
		p.graph(g.title, g.metrics)
	}
	for _, r := range p.props.Rankings {
		if r.Fails && title == alarms.Failing || !r.Fails && title == alarms.Cost {
			p.ranking(r)
		}
	}
	p.x, p.y = 0, p.y+bodyHeight
}

// Most alarms that one widget shows ("Alarm Widget Object", Amazon CloudWatch
// API Reference).
const maxStates = 100

func (p *page) states(title string, arns []*string) {
	for i := 0; i < len(arns); i += maxStates {
		var some []any
		for _, a := range arns[i:min(i+maxStates, len(arns))] {
			some = append(some, *a)
		}
		p.place("alarm", graphWidth, bodyHeight, map[string]any{"title": title, "alarms": some})
	}
}

// estimate shows what AWS will charge the account for the month. The metric is
// in us-east-1 whatever is paid for ("Create a billing alarm to monitor your
// estimated AWS charges", Amazon CloudWatch User Guide).
func (p *page) estimate() {
	p.place("metric", graphWidth, bodyHeight, map[string]any{"title": "Estimated charges of the month (US dollars)", "region": "us-east-1", "view": "singleValue",
		"stat": "Maximum", "period": 21600, "metrics": []any{[]any{"AWS/Billing", "EstimatedCharges", "Currency", "USD"}}})
}

// drawn is a graph with the metrics of all its subjects.
type drawn struct {
	title   string
	metrics []any
}

// graphs collects a row's graphs over all subjects; those of one title are one.
func (p *page) graphs(row string) []*drawn {
	var all []*drawn
	byTitle := map[string]*drawn{}
	add := func(g alarms.Graph, label string, d alarms.Dimensions) {
		if g.Row != row {
			return
		}
		one := byTitle[g.Title]
		if one == nil {
			one = &drawn{title: g.Title}
			byTitle[g.Title], all = one, append(all, one)
		}
		if g.Insight != "" {
			one.metrics = append(one.metrics, []any{map[string]any{"expression": d.Where(g.Insight), "period": 300}})
		}
		for _, m := range g.Metrics {
			one.metrics = append(one.metrics, metric(m, d, label, len(g.Metrics) > 1))
		}
	}
	for _, s := range p.props.Subjects {
		for _, g := range s.Kind.Graphs {
			for i, m := range s.Members {
				add(g, s.Name+"-"+strconv.Itoa(i+1), m)
			}
			if s.Members == nil {
				add(g, s.Name, s.Dimensions)
			}
		}
	}
	for _, g := range p.props.More {
		add(g, "", nil)
	}
	return all
}

// metric is a line of a graph.
func metric(m alarms.Metric, d alarms.Dimensions, label string, several bool) []any {
	line := []any{m.Namespace, m.Name}
	for _, x := range d {
		line = append(line, x.Name, x.Value)
	}
	switch {
	case label == "":
		label = m.Name
	case several:
		label += " " + m.Name + " " + m.Stat
	}
	return append(line, map[string]any{"stat": m.Stat, "label": label})
}

func (p *page) graph(title string, metrics []any) {
	p.place("metric", graphWidth, bodyHeight, map[string]any{"title": title, "region": p.region, "view": "timeSeries", "period": 300, "metrics": metrics})
}

// most is how many contributors of a ranking are shown.
const most = 10

// ranking shows who contributes most ("View Contributor Insights reports",
// Amazon CloudWatch User Guide).
func (p *page) ranking(r contributors.Rule) {
	p.place("metric", graphWidth, bodyHeight, map[string]any{"title": r.Title, "region": p.region, "view": "timeSeries", "period": 300,
		"insightRule": map[string]any{"ruleName": r.Name, "maxContributorCount": most, "orderBy": "Sum"}})
}
