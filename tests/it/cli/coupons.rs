//! Coupon campaigns of a year that was, replayed against its receipts.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::coalition::Coalition;

const RECEIPTS: &str = "partner,receipt_no,occurred_at,card_no,store_no,sku,category,brand,quantity,amount_minor,discount_minor
grocer,1,2017-01-05T10:00:00Z,H1,1,MUG,KITCHEN,,1,400,100
grocer,1,2017-01-05T10:00:00Z,H1,1,TEA,DRINKS,,1,300,0
fuel,1,2017-01-05T10:00:00Z,H1,1,GAS,FUEL,,1,2000,0
grocer,2,2017-01-06T10:00:00Z,H2,1,MUG,KITCHEN,,1,400,0
grocer,3,2017-02-20T10:00:00Z,H1,1,MUG,KITCHEN,,1,400,0
";

fn packed(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_redeemed_is_redeemed_again_or_told_why_not() {
    let coalition = Coalition::of(RECEIPTS).await;
    let folder = &coalition.folder;
    std::fs::create_dir(folder.0.join("year")).unwrap();
    let campaigns = "campaign_id,campaign_type,start_date,end_date\n7,Type A,2017-01-01 00:00:00,2017-01-31 00:00:00\n";
    folder.file("year/campaigns.csv", campaigns);
    folder.file("year/campaign_audience.csv.gz", packed("campaign_id,card_no\n7,H1\n"));
    let covered = "campaign_id,coupon_upc,sku\n7,11,MUG\n7,11,CUP\n7,12,SOAP\n";
    folder.file("year/coupons.csv.gz", packed(covered));
    let redeemed = "redemption_date,card_no,coupon_upc,campaign_id
2017-01-05 00:00:00,H1,11,7
2017-01-05 00:00:00,H1,12,7
2017-01-06 00:00:00,H2,11,7
2017-01-09 00:00:00,H1,11,7
2017-02-20 00:00:00,H1,11,7
";
    folder.file("year/coupon_redemptions.csv", redeemed);
    folder.file("year/receipts-2017-01.csv.gz", packed(RECEIPTS));
    let told = "1 campaigns, 2 coupons, 5 redemptions, 3 receipts, 1.00 off
       1  COUPON_EXPIRED
       1  COUPON_NOTHING_IN_SCOPE
       1  COUPON_NOT_FOR_MEMBER
       1  no receipt of that card on that day
       1  redeemed
";
    for _ in 0..2 {
        let ended = coalition.florin("coupons replay year");
        assert_eq!((ended.code, ended.printed.as_str()), (0, told), "{}", ended.complained);
        coalition.books_hold();
    }
}
