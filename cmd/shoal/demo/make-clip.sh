#!/bin/sh
# Makes clip.mp4, which the demo channel plays for ever. Needs ffmpeg (5.1 or newer) and fonts-dejavu-core.
#
# Everything in it repeats after 16 s, so that the end runs into the beginning: 480 frames at 30 a second last just as
# long as 750 AAC frames at 48 kHz. The sound is encoded three times over and the middle taken, because a decoder needs
# the frame before the first to start without a click.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() { ffmpeg -hide_banner -nostdin -loglevel error -y "$@"; }

fonts=${FONTS:-/usr/share/fonts/truetype/dejavu}
accent=0x2ec4a6
frames=480
loop=16 # seconds

# One fish, drawn large: a body, a tail that is cut off at its end, an eye.
run -f lavfi -i "color=$accent:s=384x192:d=1:r=1,format=rgba,geq=\
r='if(lt(hypot(X-306,Y-84),9),9,46-14*(Y-96)/60)':\
g='if(lt(hypot(X-306,Y-84),9),22,196-54*(Y-96)/60)':\
b='if(lt(hypot(X-306,Y-84),9),28,166-40*(Y-96)/60)':\
a='255*max(lt(pow((X-230)/134,2)+pow((Y-96)/(56-0.05*(X-230)),2),1),\
between(X,24,130)*lt(abs(Y-96),10+0.0055*pow(130-X,2))*gt(X,24+0.35*(60-abs(Y-96))))'" \
	-frames:v 1 "$work/fish.png"

# The shoal: for each fish its size, opacity, crossings in a loop, place in the row, height, and how it bobs.
fish='
26 0.30 1 0.02  70 10 2 0.0
22 0.28 1 0.09 104  8 1 1.1
28 0.34 1 0.15  58 12 2 2.3
22 0.26 1 0.22 128  9 3 0.7
26 0.32 1 0.29  86 11 1 3.9
24 0.28 1 0.52 282  9 2 5.0
28 0.33 1 0.58 306 10 1 2.0
24 0.30 1 0.64 268 12 3 4.1
22 0.26 1 0.70 318  8 2 0.4
26 0.32 1 0.77 290 11 1 1.7
44 0.62 1 0.00 300 10 2 3.0
52 0.68 1 0.07 262 12 1 0.3
46 0.64 1 0.12 318 11 3 2.2
60 0.80 1 0.40 250 14 2 0.9
78 0.96 1 0.50 272 16 1 2.8
66 0.88 1 0.57 232 13 3 4.4
56 0.76 1 0.61 304 12 2 1.9
72 0.94 1 0.68 256 15 1 5.6
54 0.74 1 0.74 226 11 2 3.3
62 0.82 1 0.79 296 12 3 1.2
'
graph="[1:v]format=rgba,split=$(echo "$fish" | grep -c .)"
n=0
chain=''
last=back
echo "$fish" | grep . >"$work/fish"
while read -r size opacity turns place height bob beat phase; do
	graph="$graph[f$n]"
	chain="$chain;[f$n]scale=$size:-1:flags=lanczos,colorchannelmixer=aa=$opacity[g$n]"
	path="mod(t/$loop*$turns+$place\\,1)*(W+120)-90+$bob*0.8*sin(2*PI*t*$((beat + 1))/$loop+$phase)"
	wave="$height+$bob*sin(2*PI*t*$beat/$loop+$phase)"
	chain="$chain;[$last][g$n]overlay=x='$path':y='$wave':eval=frame[o$n]"
	last=o$n
	n=$((n + 1))
done <"$work/fish"

text="fontcolor=white:expansion=normal"
mono="$fonts/DejaVuSansMono-Bold.ttf"
bold="$fonts/DejaVuSans-Bold.ttf"
plain="$fonts/DejaVuSans.ttf"
cat >"$work/graph" <<GRAPH
[0:v]scale=640:360:flags=bicubic,noise=alls=3:allf=t,format=rgba[back];
$graph$chain;
[2:v]format=rgba[bar];
[$last][bar]overlay=x='-W+W*(n+1)/$frames':y=H-5:eval=frame,
drawtext=fontfile=$bold:text=Shoal:fontsize=44:fontcolor=$accent:x=40:y=34,
drawtext=fontfile=$plain:text='the viewers carry the stream':fontsize=15:fontcolor=0xa9c4c4:x=43:y=88,
drawtext=fontfile=$mono:$text:text='%{eif\:n/30\:d\:2}':fontsize=112:x=226:y=128,
drawtext=fontfile=$mono:$text:text='.%{eif\:mod(n\,30)*100/30\:d\:2}':fontsize=56:fontcolor=$accent:x=356:y=174,
drawtext=fontfile=$mono:$text:text='frame %{eif\:n+1\:d\:3} of $frames':fontsize=16:fontcolor=0xa9c4c4:x=W-tw-40:y=52,
format=yuv420p[out]
GRAPH

# Deep water with light moving through it, made small and scaled up.
water="color=black:s=160x90:r=30:d=$loop,format=rgb24,geq=\
r='6+8*(1-Y/H)+5*pow(0.5+0.5*sin(X/17+2*sin(Y/23+2*PI*T/16)+2*PI*T/8),3)*(1-Y/H)':\
g='17+22*(1-Y/H)+30*pow(0.5+0.5*sin(X/17+2*sin(Y/23+2*PI*T/16)+2*PI*T/8),3)*pow(1-Y/H,1.4)':\
b='24+24*(1-Y/H)+26*pow(0.5+0.5*sin(X/17+2*sin(Y/23+2*PI*T/16)+2*PI*T/8),3)*pow(1-Y/H,1.4)'"

run -f lavfi -i "$water" -loop 1 -framerate 30 -t $loop -i "$work/fish.png" \
	-f lavfi -i "color=$accent:s=640x5:r=30:d=$loop" \
	-filter_complex_script "$work/graph" -map '[out]' -frames:v $frames -r 30 \
	-c:v libx264 -preset veryslow -profile:v high -b:v 900k -maxrate 1200k -bufsize 1200k \
	-x264-params keyint=60:min-keyint=60:scenecut=0:bframes=2:b-pyramid=none:open-gop=0 \
	-fflags +bitexact -flags:v +bitexact "$work/picture.mp4"

# A soft bell each second over a quiet fifth.
step='st(0\,mod(floor(t)\,8));st(1\,mod(t\,1));st(2\,392*pow(2\,(7*eq(ld(0)\,1)+4*eq(ld(0)\,2)+9*eq(ld(0)\,3)+2*eq(ld(0)\,4)+7*eq(ld(0)\,5)-3*eq(ld(0)\,6)+4*eq(ld(0)\,7))/12))'
bell='(sin(2*PI*ld(2)*ld(1))+0.35*sin(4*PI*ld(2)*ld(1))*exp(-9*ld(1)))*exp(-5.5*ld(1))*min(1\,ld(1)*120)*min(1\,(1-ld(1))*50)'
pad='(sin(2*PI*98*t)+0.7*sin(2*PI*147*t))*(0.6-0.4*cos(2*PI*t/8))'
run -f lavfi -i "aevalsrc=exprs='$step;0.11*$bell+0.018*$pad|$step;0.11*$bell+0.018*$pad*(0.8+0.2*sin(2*PI*t/4))':s=48000:d=$((3 * loop))" \
	-c:a aac -b:a 96k -fflags +bitexact -flags:a +bitexact -f adts "$work/sound.aac"
run -i "$work/sound.aac" -c copy -bsf:a "noise=amount=0:drop='lt(n\,751)+gt(n\,1500)'" -f adts "$work/loop.aac"

run -i "$work/picture.mp4" -i "$work/loop.aac" -map 0:v -map 1:a -c copy -movflags +faststart \
	-map_metadata -1 -fflags +bitexact -flags +bitexact clip.mp4
ls -l clip.mp4
