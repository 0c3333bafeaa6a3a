import { SQSClient, SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import fs from 'node:fs'
const stack = JSON.parse(fs.readFileSync(process.argv[2]+'/stack.json'))
const n = +process.argv[3], venue = process.argv[4], single = process.argv[5]==='single'
const sqs = new SQSClient({ endpoint: stack.aws.endpoint, region: 'us-east-1', credentials: stack.aws })
const ev = i => ({event_id:'ld'+i,type:'order.paid',venue_id:venue,occurred_at:new Date(Date.parse('2026-06-01T00:00:00Z')+i*60000).toISOString(),event_ref:{event_id:'s'+i%7},context:{channel:['online','box_office'][i%2]},data:{order_id:'ldo'+i,currency:'USD',items:[{ticket_type_id:'t'+i%5,quantity:1+i%4,unit_price_minor:1000+i%50}]}})
const bodies=[]; if (single) for(let i=0;i<n;i++) bodies.push(JSON.stringify(ev(i))); else for(let i=0;i<n;i+=50) bodies.push(JSON.stringify(Array.from({length:Math.min(50,n-i)},(_,k)=>ev(i+k))))
const t=Date.now()
for(let i=0;i<bodies.length;i+=10) await sqs.send(new SendMessageBatchCommand({QueueUrl:stack.queues.events,Entries:bodies.slice(i,i+10).map((b,j)=>({Id:String(j),MessageBody:b}))}))
console.log('sent',bodies.length,'messages',Date.now()-t,'ms')
