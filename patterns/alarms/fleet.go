package alarms

import (
	"strings"
)

// Fleet is what is watched of many target groups of one balancer that are made
// and taken away one by one, such as tenants': queries find whatever there is,
// so that a thousand cost no more alarms than one ("Create an alarm based on a
// Metrics Insights query", Amazon CloudWatch User Guide).
func Fleet() Kind {
	const from = ` FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, TargetGroup) WHERE`
	return Kind{Type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
		Alarms: []Alarm{
			{ID: "some-down", Says: "a service behind the balancer has no healthy target: the dashboard of tenants shows whose", Insight: "SELECT MIN(HealthyHostCount)" + from,
				Below: limit(1), Minutes: 1, For: 3},
			{ID: "some-failing", Says: "a service behind the balancer fails more than 50 times a minute: the dashboard of tenants shows whose",
				Insight: "SELECT SUM(HTTPCode_Target_5XX_Count)" + from + " GROUP BY TargetGroup ORDER BY SUM() DESC LIMIT 1", Above: limit(50), Minutes: 1, For: 3, Of: 5},
			{ID: "some-slow", Says: "a service behind the balancer takes five seconds on average: the dashboard of tenants shows whose",
				Insight: "SELECT AVG(TargetResponseTime)" + from + " GROUP BY TargetGroup ORDER BY AVG() DESC LIMIT 1", Above: limit(5), Minutes: 5, For: 3},
		},
		Graphs: []Graph{
			{Row: Up, Title: "Fewest healthy targets", Insight: "SELECT MIN(HealthyHostCount)" + from + " GROUP BY TargetGroup ORDER BY MIN() ASC LIMIT 10"},
			{Row: Fast, Title: "Slowest", Insight: "SELECT AVG(TargetResponseTime)" + from + " GROUP BY TargetGroup ORDER BY AVG() DESC LIMIT 10"},
			{Row: Failing, Title: "Most errors", Insight: "SELECT SUM(HTTPCode_Target_5XX_Count)" + from + " GROUP BY TargetGroup ORDER BY SUM() DESC LIMIT 10"},
			{Row: Cost, Title: "Most requests", Insight: "SELECT SUM(RequestCount)" + from + " GROUP BY TargetGroup ORDER BY SUM() DESC LIMIT 10"},
		}}
}

// Fleets returns a subject for the fleet behind each balancer among subjects.
func Fleets(subjects []Subject) []Subject {
	var all []Subject
	for _, s := range subjects {
		if s.Kind.Type == Fleet().Type {
			all = append(all, Subject{Name: s.Name, Kind: Fleet(), Dimensions: s.Dimensions})
		}
	}
	return all
}

// Where puts dimensions into a query of Metrics Insights.
func (d Dimensions) Where(query string) string {
	var is []string
	for _, x := range d {
		is = append(is, x.Name+" = '"+x.Value+"'")
	}
	return strings.Replace(query, "WHERE", "WHERE "+strings.Join(is, " AND "), 1)
}
