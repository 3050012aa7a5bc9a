package encryptedatrest

import "github.com/suretyhq/surety/internal/resource"

// replicated reads what DMS writes: an S3 target encrypts files by Amazon S3's
// own keys unless it names one, whatever the bucket's default is
// ("AWS::DMS::Endpoint S3Settings": EncryptionMode). Other targets are stores of
// their own.
func replicated(r *resource.Resource) []need {
	if r.Props.Get("EngineName").Text() != "s3" || r.Props.Get("EndpointType").Text() == "source" {
		return nil
	}
	return []need{{what: "files", key: "S3Settings/ServerSideEncryptionKmsKeyId", left: "Amazon S3's own keys are used"}}
}

// workgroup reads where Athena's answers go. Without enforcement whoever asks
// says how they are encrypted ("AWS::Athena::WorkGroup WorkGroupConfiguration":
// EnforceWorkGroupConfiguration, by default true).
func workgroup(r *resource.Resource) []need {
	n := need{what: "results", key: "WorkGroupConfiguration/ResultConfiguration/EncryptionConfiguration/KmsKey", left: "whoever asks decides"}
	if enforced := r.Props.Path("WorkGroupConfiguration/EnforceWorkGroupConfiguration"); !enforced.IsAbsent() {
		n.on, n.off = "WorkGroupConfiguration/EnforceWorkGroupConfiguration", "whoever asks decides"
	}
	return []need{n}
}
