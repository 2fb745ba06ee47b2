/* test_origin.c — tests where a process is said to come from: variables, arguments, container ids.
 * LINKS: libcheck/base/origin.c libcheck/base/sys.c libcheck/base/text.c */
#include "libcheck/base/container.h"
#include "libcheck/base/origin.h"
#include "tests/unit/unit.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct lh_origin of(char **argv, char **environment)
{
	struct lh_origin o = {.rank = 0};
	int argc = 0;

	while (argv && argv[argc])
		argc++;
	lh_origin_read(&o, argc, argv, environment);
	return o;
}

#define LIST(...) ((char *[]){__VA_ARGS__, NULL})
#define OF(...) of(NULL, LIST(__VA_ARGS__))

static void ranks(void)
{
	CHECK_EQ(OF("RANK=1").rank, 0);
	CHECK_EQ(OF("SLURM_PROCID=0").rank, 1);
	CHECK_EQ(OF("SLURM_PROCID=0", "PMI_RANK=3").rank, 4);
	CHECK_EQ(OF("OMPI_COMM_WORLD_RANK=5", "PMI_RANK=3", "PMIX_RANK=12").rank, 13);
	CHECK_EQ(OF("PMI_RANK=", "SLURM_PROCID=7").rank, 8);
	CHECK_EQ(OF("PMI_RANKS=9", "PMI_RANK9=9").rank, 0);
	CHECK_EQ(OF("PMI_RANK=-1").rank, 0);
	CHECK_EQ(OF("PMI_RANK=3x").rank, 0);
	CHECK_EQ(OF("PMI_RANK=99999999999999999999").rank, 0);
	CHECK_EQ(of(NULL, NULL).rank, 0);
}

static void tests(void)
{
	struct lh_origin o = OF("TEST_TARGET=//bank:test", "TEST_SHARD_INDEX=0",
				"TEST_TOTAL_SHARDS=4", "GITHUB_SHA=abc");
	char longer[1000] = "LOCKHOUND_TEST=";

	CHECK_STR(o.test, "//bank:test");
	CHECK_STR(o.commit, "abc");
	CHECK_EQ(o.shard, 1);
	CHECK_EQ(o.shards, 4);
	o = OF("GTEST_TOTAL_SHARDS=4"); /* a shard without a number, and one of an unknown total */
	CHECK(o.shard == 0 && o.shards == 0);
	o = OF("GTEST_SHARD_INDEX=2");
	CHECK(o.shard == 0 && o.shards == 0);
	CHECK_STR(OF("TEST_TARGET=//a:b", "PYTEST_CURRENT_TEST=t.py::x (call)").test,
		  "t.py::x (call)");
	CHECK_STR(OF("PYTEST_CURRENT_TEST=t.py::x (call)", "LOCKHOUND_TEST=mine").test, "mine");
	CHECK_STR(OF("LOCKHOUND_TEST=a\nb\33[2J").test, "a?b?[2J");
	memset(longer + strlen(longer), 'x', sizeof(longer) - strlen(longer) - 1);
	CHECK_EQ(strlen(OF(longer).test), LH_TEST_MAX - 1);
}

/* A filter with a pattern is not the name of a test. */
static void gtest(void)
{
	char **bazel = LIST("TEST_TARGET=//bank:test");

	CHECK_STR(of(LIST("t", "--gtest_filter=Bank.Pays/0"), bazel).test, "Bank.Pays/0");
	CHECK_STR(of(LIST("t", "-x", "-gtest_filter=Bank.Pays"), NULL).test, "Bank.Pays");
	CHECK_STR(of(LIST("t", "--gtest_filter=Bank.*"), bazel).test, "//bank:test");
	CHECK_STR(of(LIST("t", "--gtest_filter=A.a:B.b"), NULL).test, "");
	CHECK_STR(of(LIST("t", "--gtest_filter=-A.a"), NULL).test, "");
	CHECK_STR(of(LIST("t", "--gtest_filter="), NULL).test, "");
	CHECK_STR(of(LIST("--gtest_filter=A.a"), NULL).test, "");
	CHECK_STR(of(LIST("t", "gtest_filter=A.a"), NULL).test, "");
	CHECK_STR(of(LIST("t", "--gtest_filter=A.a"), LIST("LOCKHOUND_TEST=mine")).test, "mine");
}

/* The same, whatever the pieces in which the text comes. */
static const char *container(bool mounts, const char *text)
{
	static struct lh_container_scan s;
	char found[LH_CONTAINER_MAX];

	for (size_t piece = 1; piece < 90; piece += 11) {
		s = (struct lh_container_scan){.mounts = mounts};
		for (size_t at = 0, n = strlen(text); at < n; at += piece)
			lh_container_scan(&s, text + at, n - at < piece ? n - at : piece);
		if (piece > 1 && strcmp(found, s.found ? s.id : "") != 0)
			return "another one in other pieces";
		memcpy(found, s.found ? s.id : "", s.found ? sizeof(found) : 1);
	}
	return s.found ? s.id : "";
}

static void containers(void)
{
	CHECK_STR(container(false, "0::/\n"), "");
	CHECK_STR(container(false, "0::/user.slice/user-1000.slice/session-2.scope\n"), "");
	CHECK_STR(container(false, "0::/system.slice/docker-" ID ".scope\n"), ID);
	CHECK_STR(container(false, "3:cpu:/\n1:name=systemd:/docker/" ID "\n0::/\n"), ID);
	CHECK_STR(container(false, "0::/kubepods.slice/pod1.slice/cri-containerd-" ID ".scope\n"),
		  ID);
	CHECK_STR(container(false, "0::/docker/" ID2 "/docker/" ID "\n"), ID); /* the inner one */
	CHECK_STR(container(false, "0::/docker/" ID "0\n"), "");
	CHECK_STR(container(false, "4:memory:/x/6595a47505f0c31d1e1128bc5418305f\n"), "");
	CHECK_STR(container(true, "1 2 0:3 / / rw - overlay overlay rw,lowerdir=/l/" ID2 "/x\n"
				  "9 1 8:1 /var/lib/docker/containers/" ID
				  "/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n"),
		  ID);
	CHECK_STR(container(true, "9 1 8:1 /c/" ID "/userdata/hostname /etc/hostname rw - x y z\n"
				  "9 1 8:1 /c/" ID2 "/resolv.conf /etc/resolv.conf rw - x y z\n"),
		  ID);
	CHECK_STR(container(true, "9 1 8:1 /c/" ID "/hostname /etc/hostname2 rw - x y z\n"), "");
	CHECK_STR(container(true, "9 1 8:1 /c/" ID "/hostname /x /etc/hostname rw - x y z\n"), "");
	CHECK_STR(container(true, "9 1 8:1 /c/" ID "\n /etc/hostname rw - x y z\n"), "");
}

int main(void)
{
	ranks();
	tests();
	gtest();
	containers();
	return unit_done();
}
