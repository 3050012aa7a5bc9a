package parity

import "strings"

// mask is a tree of property names under which capacity is; "*" is every key or
// index.
type mask struct {
	whole bool
	below map[string]*mask
}

// child is the mask below a key. All that is below capacity is capacity.
func (m *mask) child(key string) *mask {
	if m == nil || m.whole {
		return m
	}
	if c := m.below[key]; c != nil {
		return c
	}
	return m.below["*"]
}

// sized are the properties that say how much there is of a thing, by type: in
// environments of different sizes (estate: size) they may differ. None of them
// decides who may reach what, or what is encrypted, logged or kept.
func sized() map[string][]string {
	return map[string][]string{
		"AWS::ECS::TaskDefinition":                    {"Cpu", "Memory", "ContainerDefinitions/*/Cpu", "ContainerDefinitions/*/Memory", "ContainerDefinitions/*/MemoryReservation"},
		"AWS::ECS::Service":                           {"DesiredCount"},
		"AWS::ApplicationAutoScaling::ScalableTarget": {"MinCapacity", "MaxCapacity"},
		"AWS::AutoScaling::AutoScalingGroup":          {"MinSize", "MaxSize", "DesiredCapacity"},
		"AWS::EC2::LaunchTemplate":                    {"LaunchTemplateData/InstanceType", "LaunchTemplateData/BlockDeviceMappings/*/Ebs/VolumeSize"},
		"AWS::EC2::Instance":                          {"InstanceType", "BlockDeviceMappings/*/Ebs/VolumeSize"},
		"AWS::EC2::Volume":                            {"Size"},
		"AWS::RDS::DBCluster":                         {"ServerlessV2ScalingConfiguration", "DBClusterInstanceClass", "AllocatedStorage"},
		"AWS::RDS::DBInstance":                        {"DBInstanceClass", "AllocatedStorage", "MaxAllocatedStorage"},
		"AWS::ElastiCache::ReplicationGroup":          {"CacheNodeType", "NumCacheClusters", "NumNodeGroups", "ReplicasPerNodeGroup", "PreferredCacheClusterAZs"},
		"AWS::ElastiCache::CacheCluster":              {"CacheNodeType", "NumCacheNodes"},
		"AWS::CloudWatch::Alarm":                      {"Threshold"},
		"AWS::Lambda::Function":                       {"MemorySize", "ReservedConcurrentExecutions"},
		"AWS::Lambda::EventSourceMapping":             {"ScalingConfig/MaximumConcurrency"},
		"AWS::Lambda::Alias":                          {"ProvisionedConcurrencyConfig"},
		"AWS::DMS::ReplicationInstance":               {"ReplicationInstanceClass", "AllocatedStorage"},
		"AWS::DMS::ReplicationConfig":                 {"ComputeConfig/MinCapacityUnits", "ComputeConfig/MaxCapacityUnits"},
		"AWS::Kinesis::Stream":                        {"ShardCount"},
		"AWS::DynamoDB::Table":                        {"ProvisionedThroughput"},
		"AWS::ApiGateway::UsagePlan":                  {"Throttle/RateLimit", "Throttle/BurstLimit"},
		"AWS::ApiGateway::Stage":                      {"MethodSettings/*/ThrottlingRateLimit", "MethodSettings/*/ThrottlingBurstLimit"},
		"AWS::WAFv2::WebACL":                          {"Rules/*/Statement/RateBasedStatement/Limit"},
	}
}

// counted are the types of which an environment of another size may have more
// or fewer, with the properties that tell one of them from the next. One more is
// allowed only beside one that is the same but for these.
func counted(e *entry) []string {
	switch e.r.Type {
	case "AWS::RDS::DBInstance":
		return []string{"DBInstanceIdentifier", "AvailabilityZone", "PromotionTier"}
	case "AWS::ElastiCache::CacheCluster":
		return []string{"ClusterName", "PreferredAvailabilityZone"}
	case "AWS::EC2::Instance":
		return []string{"SubnetId", "AvailabilityZone", "NetworkInterfaces/*/SubnetId"}
	}
	return nil
}

func capacity() map[string]*mask {
	all := map[string]*mask{}
	for typ, paths := range sized() {
		root := &mask{below: map[string]*mask{}}
		for _, path := range paths {
			m := root
			for key := range strings.SplitSeq(path, "/") {
				if m.below[key] == nil {
					m.below[key] = &mask{below: map[string]*mask{}}
				}
				m = m.below[key]
			}
			m.whole = true
		}
		all[typ] = root
	}
	return all
}
