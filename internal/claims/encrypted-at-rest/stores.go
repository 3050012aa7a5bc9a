package encryptedatrest

import (
	"slices"
	"strconv"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// What AWS does where no key is named, by service.
const (
	leftOwned   = "AWS's own key is used"
	leftManaged = "the account's key that AWS manages is used"
)

const (
	bucketRule      = "BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/"
	bucketKey       = bucketRule + "KMSMasterKeyID"
	bucketAlgorithm = bucketRule + "SSEAlgorithm"
)

type reader func(*resource.Resource) []need

// fixed is the reader of a type that has always the same needs.
func fixed(n ...need) reader { return func(*resource.Resource) []need { return n } }

// readers returns, for each type that holds data, what of it has to be
// encrypted. Properties are CloudFormation's; what happens without a key is
// said by each service's page "Encryption at rest" or "Data protection".
func readers() map[string]reader {
	volume := func(left string) reader {
		return fixed(need{what: "storage", on: "Encrypted", key: "KmsKeyId", left: left})
	}
	cluster := fixed(need{what: "storage", on: "StorageEncrypted", key: "KmsKeyId", left: leftManaged})
	search := fixed(need{what: "storage", on: "EncryptionAtRestOptions/Enabled", key: "EncryptionAtRestOptions/KmsKeyId", left: leftManaged})
	data := func(key, left string) reader { return fixed(need{what: "data", key: key, left: left}) }
	return map[string]reader{
		"AWS::AmazonMQ::Broker":                    data("EncryptionOptions/KmsKeyId", leftOwned),
		"AWS::AutoScaling::AutoScalingGroup":       groupVolumes,
		"AWS::AutoScaling::LaunchConfiguration":    blockDevices("BlockDeviceMappings"),
		"AWS::Backup::BackupVault":                 data("EncryptionKeyArn", leftManaged),
		"AWS::CloudTrail::Trail":                   data("KMSKeyId", "log files are encrypted by Amazon S3's own keys"),
		"AWS::CodeBuild::Project":                  data("EncryptionKey", "the account's key aws/s3 encrypts what it builds"),
		"AWS::Athena::WorkGroup":                   workgroup,
		"AWS::DMS::Endpoint":                       replicated,
		"AWS::Glue::DataCatalogEncryptionSettings": data("DataCatalogEncryptionSettings/EncryptionAtRest/SseAwsKmsKeyId", "the catalogue is not encrypted by a key of KMS"),
		"AWS::DMS::ReplicationInstance":            data("KmsKeyId", leftManaged),
		"AWS::DocDB::DBCluster":                    cluster,
		"AWS::DynamoDB::GlobalTable":               globalTable,
		"AWS::DynamoDB::Table":                     fixed(need{what: "table", on: "SSESpecification/SSEEnabled", key: "SSESpecification/KMSMasterKeyId", left: leftManaged, off: leftOwned}),
		"AWS::EC2::Instance":                       blockDevices("BlockDeviceMappings"),
		"AWS::EC2::LaunchTemplate":                 blockDevices("LaunchTemplateData/BlockDeviceMappings"),
		"AWS::EC2::Volume":                         volume(leftManaged),
		"AWS::ECR::Repository":                     data("EncryptionConfiguration/KmsKey", "images are encrypted by Amazon S3's own keys or AWS's key for ECR"),
		"AWS::ECS::Cluster":                        data("Configuration/ManagedStorageConfiguration/FargateEphemeralStorageKmsKeyId", "the tasks' ephemeral storage is encrypted by AWS's own key"),
		"AWS::EFS::FileSystem":                     volume(leftManaged),
		"AWS::ElastiCache::CacheCluster":           data("KmsKeyId", "a cache cluster outside a replication group cannot be encrypted at rest by one"),
		"AWS::ElastiCache::ReplicationGroup":       fixed(need{what: "storage", on: "AtRestEncryptionEnabled", key: "KmsKeyId", left: leftOwned}),
		"AWS::ElastiCache::ServerlessCache":        data("KmsKeyId", leftOwned),
		"AWS::Elasticsearch::Domain":               search,
		"AWS::Events::Archive":                     data("KmsKeyIdentifier", leftOwned),
		"AWS::Events::EventBus":                    data("KmsKeyIdentifier", leftOwned),
		"AWS::FSx::FileSystem":                     data("KmsKeyId", leftManaged),
		"AWS::Kinesis::Stream":                     data("StreamEncryption/KeyId", "the stream is not encrypted"),
		"AWS::KinesisFirehose::DeliveryStream":     data("DeliveryStreamEncryptionConfigurationInput/KeyARN", "the stream is not encrypted, or by AWS's own key"),
		"AWS::Lambda::Function":                    lambda,
		"AWS::Logs::LogGroup":                      data("KmsKeyId", "CloudWatch Logs' own key is used"),
		"AWS::MSK::Cluster":                        data("EncryptionInfo/EncryptionAtRest/DataVolumeKMSKeyId", leftManaged),
		"AWS::MemoryDB::Cluster":                   data("KmsKeyId", leftOwned),
		"AWS::Neptune::DBCluster":                  cluster,
		"AWS::OpenSearchService::Domain":           search,
		"AWS::RDS::DBCluster":                      dbCluster,
		"AWS::RDS::DBInstance":                     dbInstance,
		"AWS::RDS::GlobalCluster":                  globalCluster,
		"AWS::Redshift::Cluster":                   volume(leftOwned),
		"AWS::S3::Bucket":                          fixed(need{what: "objects", key: bucketKey, left: "Amazon S3's own keys are used", free: sseS3}),
		"AWS::SNS::Topic":                          data("KmsMasterKeyId", "messages are not encrypted by a key of KMS"),
		"AWS::SQS::Queue":                          data("KmsMasterKeyId", "messages are encrypted by Amazon SQS's own key or not at all"),
		"AWS::SecretsManager::Secret":              secret,
		"AWS::Synthetics::Canary":                  data("ArtifactConfig/S3Encryption/KmsKeyArn", "a key that AWS manages encrypts what it saw"),
	}
}

// dbCluster reads a DB cluster's storage, its performance data and the secret
// that RDS keeps for its master user.
func dbCluster(r *resource.Resource) []need {
	return append([]need{dbStorage(r)}, dbExtras(r)...)
}

// dbInstance reads a DB instance; one of a cluster has the cluster's storage.
func dbInstance(r *resource.Resource) []need {
	var ns []need
	if r.Props.Get("DBClusterIdentifier").IsAbsent() {
		ns = append(ns, dbStorage(r))
	}
	return append(ns, dbExtras(r)...)
}

func dbExtras(r *resource.Resource) []need {
	var ns []need
	asked := func(property string) bool {
		v := r.Props.Get(property)
		b, _ := v.Bool()
		return b || v.IsUnknown()
	}
	if asked("PerformanceInsightsEnabled") || asked("EnablePerformanceInsights") {
		key := "PerformanceInsightsKmsKeyId"
		if !r.Props.Get("PerformanceInsightsKMSKeyId").IsAbsent() {
			key = "PerformanceInsightsKMSKeyId"
		}
		ns = append(ns, need{what: "performance data", key: key, left: leftManaged})
	}
	if asked("ManageMasterUserPassword") {
		ns = append(ns, need{what: "master user's secret", key: "MasterUserSecret/KmsKeyId", left: "the account's key aws/secretsmanager is used"})
	}
	return ns
}

// globalCluster reads a global database: it has no storage but its clusters'.
// dbStorage is the storage of a database. What is restored from a snapshot or
// replicates another database is encrypted as that is, whatever
// StorageEncrypted says ("AWS::RDS::DBInstance", "AWS::RDS::DBCluster":
// StorageEncrypted).
func dbStorage(r *resource.Resource) need {
	for _, from := range []string{"DBSnapshotIdentifier", "SnapshotIdentifier", "DBClusterSnapshotIdentifier", "SourceDBInstanceIdentifier",
		"SourceDBClusterIdentifier", "SourceDbiResourceId", "SourceDBInstanceAutomatedBackupsArn", "ReplicationSourceIdentifier", "GlobalClusterIdentifier"} {
		if v := r.Props.Get(from); v.IsAbsent() || v.Kind() == value.Null || v.Kind() == value.String && v.Text() == "" {
			continue
		}
		if from == "GlobalClusterIdentifier" && !r.Props.Get("StorageEncrypted").IsAbsent() {
			continue
		}
		return need{what: "storage", key: from, left: "it is encrypted as what " + from + " names is", inherited: true}
	}
	return need{what: "storage", on: "StorageEncrypted", key: "KmsKeyId", left: leftManaged}
}

// secret reads a secret and its replicas, each of which has a key of its own
// ("AWS::SecretsManager::Secret ReplicaRegion").
func secret(r *resource.Resource) []need {
	const left = "the account's key aws/secretsmanager is used"
	ns := []need{{what: "data", key: "KmsKeyId", left: left}}
	for i := range r.Props.Get("ReplicaRegions").Items() {
		ns = append(ns, need{what: "replica", key: "ReplicaRegions/" + strconv.Itoa(i) + "/KmsKeyId", left: left})
	}
	return ns
}

func globalCluster(*resource.Resource) []need { return nil }

// globalTable reads the key of each replica of a table.
func globalTable(r *resource.Resource) []need {
	var ns []need
	replicas := r.Props.Get("Replicas")
	if replicas.Kind() != value.List {
		return []need{{what: "replicas", key: "Replicas", left: "they are not known", inherited: true}}
	}
	for i := range replicas.Items() {
		ns = append(ns, need{what: "replica", on: "SSESpecification/SSEEnabled", key: "Replicas/" + strconv.Itoa(i) + "/SSESpecification/KMSMasterKeyId", left: leftManaged, off: leftOwned})
	}
	return ns
}

// lambda reads the environment variables of a function, the only thing that it
// keeps.
func lambda(r *resource.Resource) []need {
	vars := r.Props.Path("Environment/Variables")
	if vars.Kind() == value.Map && vars.Len() == 0 || vars.IsAbsent() {
		return nil
	}
	return []need{{what: "environment", key: "KmsKeyArn", left: leftOwned}}
}

// rootDevices are the names of root volumes: another volume in the list leaves
// the root volume to the image. Source: Amazon EC2 User Guide, "Device names
// for volumes on Amazon EC2 instances".
var rootDevices = []string{"/dev/xvda", "/dev/sda1", "/dev/sda"}

// groupVolumes reads a scaling group: the volumes of a template or configuration
// of these stacks are judged where it is declared, others are not known.
func groupVolumes(r *resource.Resource) []need {
	for _, p := range []string{"LaunchTemplate/LaunchTemplateId", "LaunchTemplate/LaunchTemplateName", "LaunchConfigurationName",
		"MixedInstancesPolicy/LaunchTemplate/LaunchTemplateSpecification/LaunchTemplateId",
		"MixedInstancesPolicy/LaunchTemplate/LaunchTemplateSpecification/LaunchTemplateName"} {
		if _, ok := r.Props.Path(p).Ref(); ok {
			return nil
		}
	}
	return []need{{what: "instances' volumes", key: "LaunchTemplate/LaunchTemplateId", left: "what it starts instances from is in none of the templates", inherited: true}}
}

// blockDevices reads the volumes that are made with an instance. Without a
// mapping the image and the account's default decide, which no template shows.
func blockDevices(path string) reader {
	return func(r *resource.Resource) []need {
		list := r.Props.Path(path)
		var ns []need
		root := false
		for i, d := range list.Items() {
			root = root || slices.Contains(rootDevices, d.Get("DeviceName").Text())
			if d.Get("Ebs").IsAbsent() {
				continue
			}
			at := path + "/" + strconv.Itoa(i) + "/Ebs/"
			ns = append(ns, need{what: "volume " + d.Get("DeviceName").Text(), on: at + "Encrypted", key: at + "KmsKeyId", left: leftManaged})
		}
		_, known := r.Props.Path("LaunchTemplate/LaunchTemplateId").Ref() // whose volumes are judged where it is declared
		if !root && (r.Type != "AWS::EC2::Instance" || !known) {
			ns = append(ns, need{what: "root volume", key: path, left: "the image and the account's default decide", inherited: true})
		}
		return ns
	}
}
