package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/endpoints"
	"github.com/suretyhq/surety/patterns/events"
	"github.com/suretyhq/surety/patterns/function"
	"github.com/suretyhq/surety/patterns/threetier"
)

func (env *environment) wantsEvents() bool { return env.estate.Workload.Functions.Len() > 0 }

// functionTimeout is how long a function may work on a batch, in seconds.
const functionTimeout = 60

// functionConcurrency is how many batches a function works on at once: as many
// as the database has connections to spare.
func functionConcurrency(size estate.Size) int {
	if size == estate.Large {
		return 20
	}
	return 5
}

// eventing is an environment's events stack while it is composed.
type eventing struct {
	*environment
	stack       awscdk.Stack
	around      surroundings
	application []awsec2.ISubnet
	endpoints   *endpoints.Endpoints
	bus         *events.Bus
	key, logKey awskms.IKey
}

func (env *environment) addEvents() error {
	stack := env.stack(LayerEvents, "Bus of events and functions", LayerKeys, LayerNetwork, LayerHubRoutes, LayerData, LayerCache, LayerFiles)
	e := &eventing{environment: env, stack: stack, around: env.surroundings(stack), key: imported(stack, "EventsKey", env.eventsKey), logKey: imported(stack, "LogKey", env.logKey)}
	e.application = e.around.subnets(threetier.Application)
	e.bus = events.NewBus(stack, "Events", &events.BusProps{Name: env.label(), Key: e.key})
	asPart(e.bus.Construct, estate.PartEvents)
	e.endpoints = endpoints.New(stack, "Endpoints", &endpoints.Props{VPCID: env.network.Resource.AttrVpcId(),
		SubnetIDs: env.network.SubnetIDs(threetier.Endpoint), SecurityGroup: e.around.group(estate.PartEndpoints), Services: endpoints.Events()})
	asPart(e.endpoints.Construct, estate.PartEndpoints)
	if env.files != nil { // partners send files
		// S3 tells of each file at least once; what Transfer Family itself tells is best effort.
		e.bus.Take("PartnersFiles", "Files that partners sent", map[string]any{"source": jsii.Strings("aws.s3"), "detail-type": jsii.Strings("Object Created"),
			"detail": map[string]any{"bucket": map[string]any{"name": []*string{env.files.Files().BucketName()}}}})
	}
	for name, f := range env.estate.Workload.Functions.All() {
		if err := e.addFunction(name, f); err != nil {
			return err
		}
	}
	return nil
}

func (e *eventing) addFunction(name string, f estate.Function) error {
	scope := constructs.NewConstruct(e.stack, jsii.String(name))
	asPart(scope, name)
	vars := e.settingsOf(name, itself)
	vars["EVENTS_MEMORY"] = e.bus.Memory.TableName()
	vars["AWS_ENDPOINT_URL_DYNAMODB"] = e.endpoints.DynamoDB()
	made, err := function.New(scope, "Function", &function.Props{Name: e.label() + "-" + name, Description: "Does what events of " + e.label() + " ask for",
		Folder: e.options.Functions, Program: name, Environment: vars, TimeoutSeconds: functionTimeout,
		VPC: e.around.vpc, Subnets: e.application, SecurityGroup: e.around.group(name),
		Key: e.key, LogKey: e.logKey, NoDeadLetters: true}) // its queue keeps what failed
	if err != nil {
		return err
	}
	asPart(made.Logs, estate.PartLogs)
	e.grant(scope, made.Resource.Role(), name)
	e.bus.Consume(scope, "Events", &events.ConsumerProps{Name: name, Function: made.Resource, TimeoutSeconds: functionTimeout,
		Types: f.Types, Concurrency: functionConcurrency(e.spec.Size)})
	return nil
}
