# mojolicious.pl client URL | server PORT, and "deflate"
use Mojo::Base -strict, -signatures;
use Mojo::JSON 'encode_json';
use Mojo::Server::Daemon;
use Mojo::UserAgent;
use Mojo::Util;
use Mojolicious::Lite;
use utf8;

my ($role, $target, @rest) = @ARGV;
my $deflate = "@rest" eq 'deflate';
my $binary = join '', map { chr($_ % 251) } 0 .. 99_999;
my @messages = (
  {text => 'short'},
  {text => ''},
  {text => '0123456789' x 7000},
  {text => Mojo::Util::encode('UTF-8', "grüße 👋 𝄞")},
  {binary => $binary},
);

sub client ($url) {
  my @waiting = map {@messages} 1 .. 3;
  my $ua = Mojo::UserAgent->new;
  my $headers = $deflate ? {'Sec-WebSocket-Extensions' => 'permessage-deflate'} : {};
  $ua->websocket($url => $headers => sub ($ua, $tx) {
    die 'no WebSocket: ' . $tx->res->code unless $tx->is_websocket;
    my $extensions = $tx->res->headers->sec_websocket_extensions // '';
    my $received = sub ($kind, $data) {
      my $sent = shift @waiting;
      die 'another echo' unless defined $sent->{$kind} && $sent->{$kind} eq $data;
      return $tx->send($waiting[0]) if @waiting;
      # Called while something is read, finish() ends TCP before its Close frame is written.
      Mojo::IOLoop->next_tick(sub { $tx->finish(1000) });
    };
    $tx->on(text   => sub ($tx, $bytes) { $received->(text => $bytes) });
    $tx->on(binary => sub ($tx, $bytes) { $received->(binary => $bytes) });
    $tx->on(finish => sub ($tx, $code, $reason) {
      say encode_json({extensions => $extensions, code => $code});
      Mojo::IOLoop->stop_gracefully;
    });
    $tx->send($waiting[0]);
  });
  Mojo::IOLoop->start;
}

websocket '/' => sub ($c) {
  $c->tx->with_compression if $deflate;
  $c->on(text   => sub ($c, $bytes) { $c->send({text   => $bytes}) });
  $c->on(binary => sub ($c, $bytes) { $c->send({binary => $bytes}) });
};

if ($role eq 'client') { client($target) }
else {
  app->log->level('fatal');
  Mojo::Server::Daemon->new(app => app, listen => ["http://127.0.0.1:$target"], silent => 1)->run;
}
