# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# job.pl DATA DIRECTORY: sums per host, sorted by another program, kept in a table; a server answers over a socket.
use strict;
use warnings;
use Fcntl qw(:flock O_CREAT O_RDWR);
use File::Copy qw(copy);
use File::Temp qw(tempfile tempdir);
use IO::Socket::UNIX;
use IPC::Open2;
use SDBM_File;

$ENV{PATH} = "/usr/bin";
delete @ENV{qw(IFS CDPATH ENV BASH_ENV)};
my ($data, $directory) = map { /^([\w\/.-]+)$/ ? $1 : die } @ARGV;
open my $orders, "<", "orders.pl" or die;
my ($said) = join("", <$orders>) =~ /(.*)/s;
eval $said;

my %sum;
open my $in, "<", $data or die;
my @lines = <$in>;
for (@lines) {
	my ($host, $number) = split;
	$sum{$host} += $number;
}

my ($file, $name) = tempfile("sums-XXXXXXXX", TMPDIR => 1, UNLINK => 1);
print $file "$_ $sum{$_}\n" for keys %sum;
close $file;
my $work = tempdir(CLEANUP => 1);
copy($name, "$work/copy") or die;

my $pid = open2(my $from, my $to, "sort", "-k2n") or die;
print $to @lines;
close $to;
my @sorted = <$from>;
waitpid $pid, 0;

tie my %kept, "SDBM_File", "$directory/table", O_RDWR | O_CREAT, 0644 or die;
open my $lock, ">", "$directory/lock" or die;
flock $lock, LOCK_EX;
$kept{$_} = $sum{$_} for keys %sum;
my $kept = () = keys %kept;
untie %kept;

my $path = "$work/socket";
my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 1) or die;
my $child = fork // die;
if (!$child) {
	my $client = $listener->accept;
	print $client scalar(readline $client) eq "ping\n" ? "pong\n" : "?\n";
	exit;
}
my $client = IO::Socket::UNIX->new(Peer => $path) or die;
print $client "ping\n";
my $answer = <$client>;
chomp $answer;
waitpid $child, 0;
print "hosts ${\scalar keys %sum} lines ${\scalar @lines} sorted ${\scalar @sorted} answered $answer kept $kept\n";
