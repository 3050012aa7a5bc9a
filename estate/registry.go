package estate

import (
	"fmt"
	"slices"
	"strings"
)

// RegistryHosts returns the internet names that a task must reach to pull an
// image, besides storage that only the registry knows; none for an image in
// Amazon ECR, which the environment's endpoints lead to.
//
// Sources: Docker's page "Allowlist for Docker Desktop" and GitLab's page
// "Authenticate with the container registry", whose token comes from gitlab.com;
// for Amazon ECR Public, whose layers come from CloudFront, Amazon EKS
// Anywhere's page "Requirements".
func RegistryHosts(image string) []string {
	host, _, found := strings.Cut(image, "/")
	if !found || !strings.ContainsAny(host, ".:") && host != "localhost" {
		host = "docker.io"
	}
	host, _, _ = strings.Cut(host, ":")
	switch {
	case host == "docker.io":
		return []string{"auth.docker.io", "production.cloudflare.docker.com", "registry-1.docker.io"}
	case host == "registry.gitlab.com":
		return []string{"cdn.registry.gitlab-static.net", "gitlab.com", "registry.gitlab.com"}
	case host == "public.ecr.aws":
		return []string{"d2glxqk2uabbnd.cloudfront.net", "d5l0dvt14r5h8.cloudfront.net", "public.ecr.aws"}
	case strings.Contains(host, ".dkr.ecr.") && strings.HasSuffix(host, ".amazonaws.com"):
		return nil
	}
	return []string{host}
}

// AllowsEgress says whether allow-egress names a domain, itself or by a leading
// dot above it.
func (n Network) AllowsEgress(domain string) bool {
	return slices.ContainsFunc(n.AllowEgress, func(d string) bool {
		return d == domain || strings.HasPrefix(d, ".") && (strings.HasSuffix(domain, d) || domain == d[1:])
	})
}

// registry checks that the firewall will let a task pull its image. An estate
// that only binds what others made is left alone: its firewall is not ours.
func (v *validator) registry(at, image string) {
	if len(v.e.Bindings) > 0 || !isImage(image) || v.failed["network"] || v.failed["network/allow-egress"] {
		return
	}
	var missing []string
	for _, host := range RegistryHosts(image) {
		if !v.e.Network.AllowsEgress(host) {
			missing = append(missing, host)
		}
	}
	if len(missing) == 0 {
		return
	}
	v.bad(CodeRegistry, at, fmt.Sprintf("tasks cannot pull %s: allow-egress does not name %s", short(image), strings.Join(missing, ", ")),
		"the firewall lets nothing to the internet but what allow-egress names, so no task would start",
		fmt.Sprintf("add %s to network.allow-egress, or keep the image in Amazon ECR", strings.Join(missing, ", ")))
}
